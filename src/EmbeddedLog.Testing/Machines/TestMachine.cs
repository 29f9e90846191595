using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Testing.Machines;

/// <summary>Where a log to test on runs: a real directory and threads, or a simulated disk and scheduler.</summary>
internal abstract class TestMachine : IAsyncDisposable
{
    private volatile int _life;

    /// <summary>The log that is open at present.</summary>
    public abstract CommitLog Log { get; }

    /// <summary>The clock.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Where the log lies.</summary>
    public abstract string Directory { get; }

    /// <summary>How often the log was opened before: a crash begins another life.</summary>
    public int Life => _life;

    /// <summary>Whether its run cannot be repeated: it refuses calls then.</summary>
    public virtual bool HasFailed => false;

    /// <summary>Counts the calls to the disk and fails some.</summary>
    public FaultCounter Faults { get; } = new();

    /// <summary>Called when the machine has come to rest.</summary>
    public Action? Rested { get; set; }

    /// <summary>Opens the log.</summary>
    public abstract ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Makes one call of the user's to the log.</summary>
    public abstract ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call);

    /// <summary>Begins something of the user's that lasts, and lets it go as far as it can.</summary>
    public abstract T Begin<T>(Func<T> call);

    /// <summary>Runs a body of the user's to its end.</summary>
    public abstract Task RunAsync(Func<Task> body, TimeSpan patience);

    /// <summary>Calls code of the user's.</summary>
    /// <param name="life">The life that it belongs to; null for all.</param>
    /// <param name="code">The code.</param>
    public virtual T InUserCode<T>(int? life, Func<T> code) => code();

    /// <summary>What the log waits for when it has called code of the user's.</summary>
    public virtual ValueTask AfterUserCode(ValueTask task) => task;

    /// <summary>Lets everybody do what can be done without time going by.</summary>
    public abstract ValueTask SettleAsync();

    /// <summary>Moves the clock on, with everything that becomes due.</summary>
    public abstract ValueTask AdvanceAsync(TimeSpan time);

    /// <summary>Jumps the wall clock. No timer notices.</summary>
    public abstract void JumpClock(TimeSpan time);

    /// <summary>Ends the life and opens the log on what survives.</summary>
    /// <param name="crash">How it ends.</param>
    /// <param name="dead">Called in between.</param>
    public abstract ValueTask CrashAsync(Crash crash, Action dead);

    /// <summary>Waits until a condition holds; it is looked at whenever something has changed.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="patience">How far the clock may be moved when nothing else goes on.</param>
    /// <param name="describe">What to say when it never holds.</param>
    public abstract ValueTask WaitUntilAsync(Func<bool> holds, TimeSpan patience, Func<string> describe);

    /// <summary>Lets others run in between, as a call to another system would.</summary>
    public abstract Task YieldAsync();

    /// <summary>Does something soon, and not on the stack of whoever has asked.</summary>
    public virtual void Queue(Action action) => action();

    /// <summary>Takes some time in a call to the disk.</summary>
    public abstract void SlowCall(TimeSpan time);

    /// <summary>Notes that a thread goes on with code of the user's.</summary>
    public abstract void NoteContinued(CodeScope scope);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Refuses code of a life that has ended.</summary>
    public void ThrowIfDead(int life)
    {
        if (life != _life)
        {
            throw new InvalidOperationException(
                "This log ended with a crash: take TestLog.Log again, which is a new log on what survived.");
        }
    }

    /// <summary>Ends the present life.</summary>
    protected void EndLife() => _life++;
}
