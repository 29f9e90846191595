using EmbeddedLog.Files.Storing;
using EmbeddedLog.Following.Control;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Following;

/// <summary>
/// Follows the end of a partition between two looks at its files: by the owner's slot in the control file, by the
/// records where no slot tells it, or not at all after a clean close. All under the partition's gate.
/// </summary>
internal sealed unsafe class EndWatch(TopicPartition id, ControlView view, FollowedReach reach)
{
    /// <summary>What the last look at the files went by.</summary>
    private ControlPage? _page;
    private ulong _word;
    private byte* _slot;
    private long _version;

    /// <summary>What the end is taken from, and the last that was the same by the records.</summary>
    private EndSource _source;
    private long _checkedEnd;

    /// <summary>Whether the files were looked at.</summary>
    private bool _isLoaded;

    /// <summary>Which look at the directory the last one at the files came after.</summary>
    private int _directoryLooks;

    /// <summary>Finds the end where no slot tells it, or checks what one tells.</summary>
    public FollowedTail? Tail { get; private set; }

    /// <summary>Whether the next look at the files compares the slot with the records.</summary>
    public bool HasDoubts { get; private set; }

    /// <summary>Whether it is the slot that tells the end.</summary>
    public bool GoesBySlot => _source == EndSource.Slot;

    /// <summary>Whether the files were not looked at since this page said this word.</summary>
    public bool IsNew(ControlPage? page, ulong word) => !_isLoaded || page != _page || word != _word;

    /// <summary>What the slot tells may be wrong.</summary>
    public void Doubt() => HasDoubts = true;

    /// <summary>Takes what is new; false where the files have to be looked at.</summary>
    public bool TryLook()
    {
        long end = reach.End;
        return _isLoaded && TryLookAtSlot() && (reach.End != end || !LookFarther());
    }

    /// <summary>Goes by what a look at the files has found.</summary>
    /// <param name="page">The control file; null where there is none.</param>
    /// <param name="word">Its word then.</param>
    /// <param name="slot">The partition's slot, or null.</param>
    /// <param name="version">What that counted then.</param>
    /// <param name="looks">Which look at the directory came before.</param>
    /// <param name="end">The end.</param>
    /// <param name="isTold">Whether the slot tells it.</param>
    public void Note(
        ControlPage? page, ulong word, byte* slot, long version, int looks, in FollowedEnd end, bool isTold)
    {
        _page = page;
        _word = word;
        _slot = slot;
        _version = version;
        _directoryLooks = looks;
        Tail = end.Tail;
        _source = isTold ? EndSource.Slot : end.Tail is null ? EndSource.Checkpoint : EndSource.Records;
        _checkedEnd = end.Tail is null ? _checkedEnd : end.Offset;
        HasDoubts = false;
        _isLoaded = true;
    }

    /// <summary>Lets go of the control file and of the records.</summary>
    public void Clear()
    {
        _slot = null;
        _page = null;
        Tail = null;
    }

    /// <summary>
    /// Where nothing is new, looks for another control file, if that is due; true where the files have to be looked at.
    /// Whether this look or another partition's was due makes no difference.
    /// </summary>
    private bool LookFarther()
    {
        try
        {
            view.LookIfDue();
            if (view.Looks == _directoryLooks)
            {
                return false;
            }

            // An end that stands still is compared with the records once: a bad bit must not hide the last ones.
            HasDoubts |= _source == EndSource.Slot && _checkedEnd != reach.End;
            bool needsList = _source == EndSource.Records && Tail!.NeedsList;
            return HasDoubts || needsList || _slot is null || view.Current != _page;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, id);
        }
    }

    /// <summary>Takes what is new from the slot; false where the files have to be looked at.</summary>
    private bool TryLookAtSlot()
    {
        if (view.Current != _page)
        {
            return false;
        }

        ToldEnds told = ToldEnds.Read(_slot);
        if (_page is not null)
        {
            ulong word = _page.Word;
            if (word != _word)
            {
                // While the next owner recovers the log, what could be read can be read on.
                return ControlLayout.StateOf(word) == ControlState.Opening;
            }

            if (told.Version != _version)
            {
                return false;
            }
        }

        switch (_source)
        {
            case EndSource.Records:
                bool needsList = Tail!.Advance();
                reach.Extend(Tail.Offset);
                return !needsList;
            case EndSource.Slot when told.End < reach.End:
                // Ends only grow while the word stays.
                HasDoubts = true;
                return false;
            case EndSource.Slot:
                reach.ExtendDurable(told.Durable);
                reach.Extend(told.End);
                return true;
            default:
                return true;
        }
    }
}
