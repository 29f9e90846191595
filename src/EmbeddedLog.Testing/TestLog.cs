using System.Text;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Testing.Machines;
using EmbeddedLog.Testing.Recording;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedLog.Testing;

/// <summary>
/// A log to test on, with a clock that is moved by hand, crashes, disk faults and a history that <see cref="Law"/>s are
/// checked on. Either real, in a temporary directory, or simulated.
/// </summary>
/// <remarks>
/// <para>
/// A simulated log runs on the calling thread: each call runs what is due and returns a task that is complete, unless
/// nothing is left to run. Code that lasts, such as a service, belongs into <see cref="RunAsync"/>. Its seed decides
/// which of the waiting parts, of the log and of your code, goes on next, and so repeats a run exactly. That holds for
/// code that waits for nothing but the log and <see cref="Time"/>. What goes on in another thread fails the run with a
/// <see cref="SimulationException"/> that names it.
/// </para>
/// <para>
/// A real log runs on the disk and the threads of this machine. Its runs differ from each other.
/// </para>
/// <para>Thread safety: a simulated log belongs to one thread at a time; a real one may be used from any.</para>
/// </remarks>
public sealed class TestLog : IAsyncDisposable
{
    private readonly TestMachine _machine;

    /// <summary>The dead letters that are in the history.</summary>
    private readonly HashSet<TopicPartitionOffset> _deadLetters = [];

    private ICommitLog? _log;

    private TestLog(TestMachine machine, int? seed)
    {
        _machine = machine;
        Seed = seed;
        History = new History(() => machine.Time, seed);
        Faults = new DiskFaults(machine);
        machine.Rested = NoteCommits;
    }

    /// <summary>The log. After a crash it is a new one, on what survived; the old one refuses each call.</summary>
    public ICommitLog Log => _log!;

    /// <summary>The clock of the log. Hand it to the code under test.</summary>
    public TimeProvider Time => _machine.Time;

    /// <summary>Where the log lies: on the disk of this machine, or on the simulated one.</summary>
    public string Directory => _machine.Directory;

    /// <summary>What decides about interleavings and losses; null for a real log.</summary>
    public int? Seed { get; }

    /// <summary>Makes calls to the disk fail.</summary>
    public DiskFaults Faults { get; }

    /// <summary>What has happened, over all crashes.</summary>
    public History History { get; }

    /// <summary>
    /// Opens a log in a temporary directory of its own, which is deleted with it. It runs on real files and threads.
    /// </summary>
    /// <param name="time">The clock; null for a new one.</param>
    /// <param name="options">
    /// The options of the log; null for the defaults. The clock in them does not count.
    /// </param>
    /// <param name="cancellationToken">Ends the opening.</param>
    public static async ValueTask<TestLog> CreateAsync(
        FakeTimeProvider? time = null,
        CommitLogOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        RealMachine machine = new(time ?? new FakeTimeProvider(), options ?? new CommitLogOptions());
        TestLog host = new(machine, seed: null);
        try
        {
            await machine.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await machine.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        host._log = new RecordingLog(machine, host.History);
        return host;
    }

    /// <summary>Opens a log on a simulated disk, scheduler and clock: the same seed gives the same run.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="options">
    /// The options of the log; null for the defaults. The clock in them does not count.
    /// </param>
    /// <param name="hasContext">
    /// Whether code under test runs with a <see cref="SynchronizationContext"/>, which brings it back to the simulation
    /// after each await without <c>ConfigureAwait(false)</c>. Without one, awaits of both kinds go on where what they
    /// wait for completes; then nothing may complete asynchronously, as channels, semaphores, <c>Task.Yield</c> and
    /// cancelled delays do. Choose that for code with <c>ConfigureAwait(false)</c>.
    /// </param>
    public static TestLog Simulated(int seed, CommitLogOptions? options = null, bool hasContext = true)
    {
        SimulatedMachine machine = new(seed, options ?? new CommitLogOptions(), hasContext);
        TestLog host = new(machine, seed);
        machine.CallAsync(async () =>
        {
            await machine.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }).AsTask().GetAwaiter().GetResult();
        host._log = new RecordingLog(machine, host.History);
        return host;
    }

    /// <summary>
    /// Runs a body to its end. On a simulated log, all that it starts runs on this thread too, in the order that the
    /// seed says.
    /// </summary>
    /// <param name="body">The body. It goes on after crashes; services that it starts do not.</param>
    /// <param name="patience">
    /// How far a simulated clock is moved when nothing else is left to do, in all; none by default.
    /// </param>
    /// <exception cref="SimulationException">
    /// The body does not end without time going by, or went on in another thread.
    /// </exception>
    public Task RunAsync(Func<Task> body, TimeSpan patience = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return _machine.RunAsync(body, patience);
    }

    /// <summary>
    /// Starts a service: code that lasts, and that a crash ends. On a simulated log it runs whenever another call runs
    /// what is due.
    /// </summary>
    /// <param name="service">The service; its token is cancelled by nobody but <paramref name="stop"/>.</param>
    /// <param name="member">Its name in the history.</param>
    /// <param name="name">What messages call its code; null for the name of the method.</param>
    /// <param name="stop">Stops it.</param>
    /// <returns>Its task. After a crash it does not end on a simulated log.</returns>
    public Task StartAsync(
        Func<CancellationToken, Task> service,
        string member,
        string? name = null,
        CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentException.ThrowIfNullOrWhiteSpace(member);
        CodeScope scope = new(_machine, $"{name ?? CodeScope.NameOf(service)} ({member})", _machine.Life, member);
        return _machine.Begin(async () =>
        {
            // Ends with this method.
            scope.Enter();
            await _machine.YieldAsync().ConfigureAwait(false);
            await _machine.AfterUserCode(_machine.InUserCode(scope.Life, () => new ValueTask(service(stop))))
                .ConfigureAwait(false);
        });
    }

    /// <summary>
    /// Lets everybody do what can be done without time going by. Interval commits are in the history then.
    /// </summary>
    public ValueTask SettleAsync() => _machine.SettleAsync();

    /// <summary>
    /// Moves the clock on. What becomes due meanwhile, timers, retention and expiries too, has run when this returns.
    /// </summary>
    /// <param name="time">From zero.</param>
    public async ValueTask AdvanceAsync(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        History.Note(HistoryEntryKind.Advanced, detail: $"by {time}");
        await _machine.AdvanceAsync(time).ConfigureAwait(false);
        NoteLags();
    }

    /// <summary>Jumps the wall clock, as an administrator or a time server does. No timer becomes due by it.</summary>
    /// <param name="time">How far, either way.</param>
    public void JumpClock(TimeSpan time)
    {
        History.Note(HistoryEntryKind.Advanced, detail: $"the wall clock alone jumps by {time}");
        _machine.JumpClock(time);
    }

    /// <summary>
    /// Ends the process in which the log is, and opens it again on what survived: <see cref="Log"/> is a new log.
    /// </summary>
    /// <param name="crash">How it ends.</param>
    /// <exception cref="NotSupportedException">A loss of power, on a real log.</exception>
    public async ValueTask CrashAsync(Crash crash)
    {
        ArgumentNullException.ThrowIfNull(crash);
        NoteCommits();
        await _machine.CrashAsync(crash, dead: () => History.Note(HistoryEntryKind.Crashed, detail: crash.ToString()))
            .ConfigureAwait(false);
        NoteEnds();
        NoteCommits();
        _log = new RecordingLog(_machine, History);
    }

    /// <summary>Waits until a group has committed all records of its partitions, but for some.</summary>
    /// <param name="group">The group.</param>
    /// <param name="records">How many records may be left, from 0.</param>
    /// <param name="patience">
    /// How far the clock is moved when nothing else is left to do, in all; none by default. Handlers that wait for
    /// their next attempt, and commits by interval, need some.
    /// </param>
    /// <exception cref="SimulationException">Nothing is left to do, and the group is behind.</exception>
    /// <exception cref="TimeoutException">The group of a real log is still behind after 30 seconds.</exception>
    public async ValueTask WaitForLagAsync(string group, long records, TimeSpan patience = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        ArgumentOutOfRangeException.ThrowIfNegative(records);
        await _machine.WaitUntilAsync(
            () => FindLag(group) is { } lag && lag <= records,
            patience,
            () => FindLag(group) is { } lag
                ? $"Group '{group}' is {lag} records behind, and not {records}"
                : $"There is no group '{group}'").ConfigureAwait(false);
        NoteLags();
    }

    /// <summary>Makes a sink for what handlers do. From then on the laws count what sinks have taken.</summary>
    /// <typeparam name="TValue">The type of the records' values.</typeparam>
    public EffectSink<TValue> CreateSink<TValue>() => new(_machine, History);

    /// <summary>
    /// Checks laws on what has happened, after everybody has done what can be done, and with the dead letters of the
    /// log.
    /// </summary>
    /// <param name="laws">The laws, at least one.</param>
    /// <exception cref="LawViolationException">One or more do not hold.</exception>
    public ValueTask CheckAsync(params Law[] laws) => CheckAsync(hasEnded: false, laws);

    /// <summary>
    /// The same; <paramref name="hasEnded"/> says that nothing more comes, so that all that was acknowledged is due.
    /// </summary>
    /// <param name="hasEnded">Whether what is not handled now counts as not handled at all.</param>
    /// <param name="laws">The laws, at least one.</param>
    /// <exception cref="LawViolationException">One or more do not hold.</exception>
    public async ValueTask CheckAsync(bool hasEnded, params Law[] laws)
    {
        ArgumentNullException.ThrowIfNull(laws);
        ArgumentOutOfRangeException.ThrowIfZero(laws.Length);
        await _machine.SettleAsync().ConfigureAwait(false);
        NoteCommits();
        NoteLags();
        NoteEnds();
        await _machine.CallAsync(NoteDeadLettersAsync).ConfigureAwait(false);
        if (hasEnded)
        {
            History.Note(HistoryEntryKind.Ended);
        }

        IReadOnlyList<LawViolation> violations = History.Check(laws);
        if (violations.Count > 0)
        {
            throw new LawViolationException(violations);
        }
    }

    /// <summary>Closes the log and deletes its files.</summary>
    public ValueTask DisposeAsync() => _machine.DisposeAsync();

    private static string Text(Headers headers, string name) =>
        headers.TryGetLast(name, out Header header) ? Encoding.UTF8.GetString(header.Value.Span) : "";

    private void NoteCommits()
    {
        foreach ((GroupPartition key, OffsetValue value) in _machine.Log.Offsets.List())
        {
            History.NoteCommit(key.Group, new TopicPartition(key.Topic, key.Partition), value.Offset);
        }
    }

    private void NoteEnds()
    {
        foreach (OwnedPartition partition in _machine.Log.Topics.SelectMany(topic => topic.Partitions))
        {
            History.Note(HistoryEntryKind.Recovered, partition.TopicPartition, partition.EndOffset);
        }
    }

    private void NoteLags()
    {
        // It completes at once, as the description of a group does.
        IReadOnlyList<string> groups = _machine.Log.ListGroupsAsync().AsTask().GetAwaiter().GetResult();
        foreach (string group in groups.Union(History.Groups))
        {
            History.NoteLag(group, FindLag(group) ?? 0);
        }
    }

    /// <summary>
    /// How many records a group has not committed, also in partitions of its topics in which it has never committed;
    /// null if there is no such group.
    /// </summary>
    private long? FindLag(string group)
    {
        IReadOnlyList<string> groups = _machine.Log.ListGroupsAsync().AsTask().GetAwaiter().GetResult();
        IReadOnlyCollection<string> topics = History.TopicsOf(group);
        if (!groups.Contains(group) && topics.Count == 0)
        {
            return null;
        }

        Dictionary<TopicPartition, long> known = [];
        if (groups.Contains(group))
        {
            GroupDescription description =
                _machine.Log.DescribeGroupAsync(group).AsTask().GetAwaiter().GetResult();
            known = description.Partitions.ToDictionary(each => each.Partition, each => Math.Max(0, each.Lag));
            topics = [.. topics.Union(known.Keys.Select(partition => partition.Topic))];
        }

        return _machine.Log.Topics
            .Where(topic => topics.Contains(topic.Name))
            .SelectMany(topic => topic.Partitions)
            .Sum(partition => known.TryGetValue(partition.TopicPartition, out long lag)
                ? lag
                : partition.EndOffset - partition.StartOffset);
    }

    private async ValueTask<bool> NoteDeadLettersAsync()
    {
        foreach (Topic topic in _machine.Log.Topics)
        {
            Consumer<byte[]?, byte[]?> consumer = _machine.Log.CreateConsumer<byte[]?, byte[]?>(topic.Name);
            await using (consumer.ConfigureAwait(false))
            {
                await foreach (Record<byte[]?, byte[]?> record in consumer.ReadToEndAsync().ConfigureAwait(false))
                {
                    if (record.Headers.TryGetLast(DeadLetterHeaders.Topic, out _)
                        && _deadLetters.Add(record.TopicPartitionOffset))
                    {
                        NoteDeadLetter(record.Headers, record.TopicPartitionOffset);
                    }
                }
            }
        }

        return true;
    }

    private void NoteDeadLetter(Headers headers, TopicPartitionOffset at)
    {
        if (int.TryParse(Text(headers, DeadLetterHeaders.Partition), out int partition)
            && long.TryParse(Text(headers, DeadLetterHeaders.Offset), out long offset))
        {
            string group = Text(headers, DeadLetterHeaders.Group);
            History.Note(
                HistoryEntryKind.DeadLettered,
                new TopicPartition(Text(headers, DeadLetterHeaders.Topic), partition),
                offset,
                group.Length == 0 ? null : group,
                detail: $"{at}: {Text(headers, DeadLetterHeaders.Message)}");
        }
    }
}
