using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Tests.Files.Manifests;

/// <summary>
/// What a manifest may say after a crash: the states it went through, and the first of them that may be found.
/// </summary>
internal sealed class ManifestModel
{
    private readonly List<State> _states = [new State([], 0, 1)];
    private int _firstPossible;

    /// <summary>The number of states so far.</summary>
    public int Count => _states.Count;

    /// <summary>Notes the state that a change leads to, before it is tried.</summary>
    public void Add(State next) => _states.Add(next);

    /// <summary>Notes that the first <paramref name="count"/> states have been flushed.</summary>
    public void Flushed(int count) => _firstPossible = count - 1;

    /// <summary>Notes what was found, which must be one of the states that are possible.</summary>
    /// <param name="manifest">The manifest, just opened.</param>
    /// <param name="possible">How many of the last states are possible, if they come after the last flush.</param>
    /// <param name="isOnDisk">Whether what was found is known to be on the disk.</param>
    public void Found(Manifest manifest, int possible, bool isOnDisk)
    {
        State found = State.Of(manifest);
        int first = Math.Max(_firstPossible, _states.Count - possible);
        int index = _states.FindIndex(first, state => state.Equals(found));
        Assert.True(index >= 0, $"Found {found}, expected one of {string.Join(" | ", _states.Skip(first))}.");
        _states.RemoveRange(index + 1, _states.Count - index - 1);
        _firstPossible = isOnDisk ? index : Math.Min(_firstPossible, index);
    }

    /// <summary>All that a manifest says.</summary>
    internal sealed record State(SegmentEntry[] Segments, long LogStartOffset, uint NextSequence)
    {
        public static State Of(Manifest manifest) =>
            new([.. manifest.Segments], manifest.LogStartOffset, manifest.NextSequence);

        public bool Equals(State? other) =>
            other is not null
            && Segments.AsSpan().SequenceEqual(other.Segments)
            && LogStartOffset == other.LogStartOffset
            && NextSequence == other.NextSequence;

        public override int GetHashCode() => HashCode.Combine(Segments.Length, LogStartOffset, NextSequence);

        public override string ToString() =>
            $"[{string.Join(',', Segments.Select(s => s.Sequence))} from {LogStartOffset}, next {NextSequence}]";
    }
}
