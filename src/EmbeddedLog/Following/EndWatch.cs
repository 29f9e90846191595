using EmbeddedLog.Files.Storing;
using EmbeddedLog.Following.Control;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Following;

/// <summary>
/// Follows the end of a partition between two reads of its files: by the owner's slot in the control file, by the
/// records without a slot, or not at all after a clean close. Under the partition's gate.
/// </summary>
internal sealed unsafe class EndWatch(TopicPartition id, ControlView view, FollowedState reach)
{
    /// <summary>The signals at the last read of the files.</summary>
    private ControlPage? _page;
    private ulong _word;
    private byte* _slot;
    private long _version;

    /// <summary>The source of the end, and the last end that agreed with the records.</summary>
    private EndSource _source;
    private long _checkedEnd;

    /// <summary>Whether the files were read.</summary>
    private bool _isLoaded;

    /// <summary>The number of directory checks at the last read of the files.</summary>
    private int _directoryLooks;

    /// <summary>Finds the end without a slot, or checks that of the slot.</summary>
    public FollowedTail? Tail { get; private set; }

    /// <summary>Whether the next read of the files compares the slot with the records.</summary>
    public bool HasDoubts { get; private set; }

    /// <summary>Whether the slot is the source of the end.</summary>
    public bool GoesBySlot => _source == EndSource.Slot;

    /// <summary>Whether the files were not read since this page had this word.</summary>
    public bool IsNew(ControlPage? page, ulong word) => !_isLoaded || page != _page || word != _word;

    /// <summary>Marks the slot as possibly wrong.</summary>
    public void Doubt() => HasDoubts = true;

    /// <summary>Takes new ends; false if the files have to be read.</summary>
    public bool TryLook()
    {
        long end = reach.End;
        return _isLoaded && TryLookAtSlot() && (reach.End != end || !LookFarther());
    }

    /// <summary>Takes the result of a read of the files.</summary>
    /// <param name="page">The control file; null if there is none.</param>
    /// <param name="word">Its word then.</param>
    /// <param name="slot">The partition's slot, or null.</param>
    /// <param name="version">Its version then.</param>
    /// <param name="looks">The number of directory checks before.</param>
    /// <param name="end">The end.</param>
    /// <param name="isTold">Whether the slot has it.</param>
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

    /// <summary>Releases the control file and the records.</summary>
    public void Clear()
    {
        _slot = null;
        _page = null;
        Tail = null;
    }

    /// <summary>
    /// If nothing is new, checks for another control file, if that is due; true if the files have to be read. A check
    /// by another partition counts too.
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

            // An end that does not move is compared with the records once: a bad bit must not hide the last ones.
            HasDoubts |= _source == EndSource.Slot && _checkedEnd != reach.End;
            bool needsList = _source == EndSource.Records && Tail!.NeedsList;
            return HasDoubts || needsList || _slot is null || view.Current != _page;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, id);
        }
    }

    /// <summary>Takes new ends from the slot; false if the files have to be read.</summary>
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
                // While the next owner recovers the log, the records so far stay readable.
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
                // Ends only grow while the word does not change.
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
