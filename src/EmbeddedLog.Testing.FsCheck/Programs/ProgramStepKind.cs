namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>What can happen in a program. Each has a letter, which its text begins with.</summary>
internal enum ProgramStepKind
{
    /// <summary>Some records are sent, at least one.</summary>
    Send = 's',

    /// <summary>A member starts, if it does not run.</summary>
    Start = 'j',

    /// <summary>A member is asked to stop, and does.</summary>
    Stop = 'l',

    /// <summary>The process is killed. Its members start again.</summary>
    Kill = 'k',

    /// <summary>The power fails. The members start again.</summary>
    PowerLoss = 'p',

    /// <summary>A call to the sink fails.</summary>
    Fail = 'f',

    /// <summary>The sink is slow from now on, or fast again.</summary>
    Slow = 'd',

    /// <summary>Time goes by.</summary>
    Wait = 'w',

    /// <summary>The wall clock jumps.</summary>
    Jump = 't',
}
