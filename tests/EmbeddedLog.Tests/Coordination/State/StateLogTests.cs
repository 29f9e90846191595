using System.Globalization;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using TextState = EmbeddedLog.Coordination.State.StateLog<
    string, string, EmbeddedLog.Tests.Coordination.State.TextSchema>;

namespace EmbeddedLog.Tests.Coordination.State;

/// <summary>Any values by key, through kills, losses of power and compactions.</summary>
public sealed class StateLogTests : IDisposable
{
    private const string Directory = "/texts";

    private static readonly string s_long = new('x', 4000);

    private readonly List<SimulatedPlatform> _machines = [new(seed: 1)];

    /// <summary>What the life of now logs.</summary>
    private LogLines _logged = new();

    private SimulatedPlatform Machine => _machines[^1];

    [Fact]
    public void TryGet_AfterReopening_IsTheLastValueOfEachKey()
    {
        TextState state = Open();
        Set(state, "a", "1");
        Set(state, "b", "2");
        Set(state, "a", "3");
        Remove(state, "b", "none");
        SetAll(state, ("c", "4"), ("a", "5"), ("d", string.Empty));

        for (int opening = 0; opening < 2; opening++)
        {
            Assert.Equal(3, state.Count);
            Assert.Equal(("5", null), (Get(state, "a"), Get(state, "b")));
            Assert.Equal(("4", string.Empty), (Get(state, "c"), Get(state, "d")));
            Assert.True(Machine.Run(state.CloseAsync()));
            state = Open();
        }
    }

    [Fact]
    public void Set_Killed_IsThere()
    {
        TextState state = Open();
        for (int i = 0; i < 50; i++)
        {
            Set(state, $"{i % 7}", $"{i}");
        }

        state = OpenAfter(CrashKind.ProcessKill);

        Assert.Equal(("49", "43", "44"), (Get(state, "0"), Get(state, "1"), Get(state, "2")));
        Assert.Equal(7, state.Count);
    }

    /// <summary>What a loss of power leaves is what there was after one of the changes since the last flush.</summary>
    [Fact]
    public void Set_PowerIsLost_LeavesAPrefixWithAllThatWasFlushed()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            _machines.Add(new SimulatedPlatform(seed));
            TextState state = Open();
            for (int i = 0; i < 60; i++)
            {
                long end = Set(state, $"{i % 5}", $"{i}");
                if (i == 20)
                {
                    Machine.Run(state.FlushAsync(end, CancellationToken.None));
                }
            }

            state = OpenAfter(CrashKind.PowerLoss);

            int last = Enumerable.Range(0, 5)
                .Max(key => int.Parse(Get(state, $"{key}")!, CultureInfo.InvariantCulture));
            Assert.InRange(last, 20, 59);
            for (int key = 0; key < 5; key++)
            {
                Assert.Equal($"{last - ((last - key) % 5)}", Get(state, $"{key}"));
            }
        }
    }

    [Fact]
    public void Set_VeryOften_IsCompactedAndSurvivesAKill()
    {
        TextState state = Open();
        for (int i = 0; i < 3000; i++)
        {
            Set(state, $"{i % 9}", $"{i} {s_long}");
            Machine.Scheduler.RunUntilIdle();
            Assert.InRange(state.Log.Segments.Count, 1, 3);
        }

        Assert.InRange(state.Log.StartOffset, 1000, long.MaxValue);
        state = OpenAfter(CrashKind.ProcessKill);

        Assert.Equal(9, state.Count);
        for (int key = 0; key < 9; key++)
        {
            Assert.Equal($"{2999 - ((2999 - key) % 9)} {s_long}", Get(state, $"{key}"));
        }
    }

    [Fact]
    public void Set_CompactionFails_SaysSoAndGoesOn()
    {
        TextState state = Open();
        Set(state, "0", s_long);
        Settle();
        for (int i = 0; i < 1800; i++)
        {
            Set(state, $"{i % 900}", s_long);
        }

        Machine.Disk.CapacityBytes = Machine.Disk.UsedBytes;
        Settle();

        Assert.Contains(_logged.All, line => line.Contains("texts were not compacted"));
        Assert.Equal(0, state.Log.StartOffset);
        Assert.Equal(900, state.Count);
    }

    [Fact]
    public void Remove_WhileItIsCompacted_StaysRemoved()
    {
        TextState state = Open();
        for (int i = 0; i < 400; i++)
        {
            Set(state, $"{i % 3}", $"{i} {s_long}");
        }

        Remove(state, "1");
        Machine.Scheduler.RunUntilIdle();
        Assert.InRange(state.Log.StartOffset, 1, long.MaxValue);
        state = OpenAfter(CrashKind.ProcessKill);

        Assert.Null(Get(state, "1"));
        Assert.Equal(2, state.Count);
    }

    [Fact]
    public void Set_OfMoreBytesThanThereMayBe_ChangesNothing()
    {
        TextState state = Open();
        Set(state, "a", "1");

        ArgumentException failure = Assert.Throws<ArgumentException>(() => Set(state, "a", new string('x', 5000)));
        Assert.Contains("takes 5,001 bytes, more than 5,000 bytes", failure.Message);
        failure = Assert.Throws<ArgumentException>(() => Set(state, new string('k', 100), "1"));
        Assert.Contains("takes 101 bytes, more than 100 bytes", failure.Message);
        Assert.Throws<ArgumentException>(() => SetAll(state, ("b", "2"), ("a", new string('x', 5000))));

        Assert.Equal(("1", 1, 1), (Get(state, "a"), state.Count, (int)state.Log.PublishedEnd));
    }

    [Fact]
    public void Amend_AndForget_LastUntilTheNextOpening()
    {
        TextState state = Open();
        SetAll(state, ("a", "1"), ("b", "2"));
        lock (state.Gate)
        {
            state.AmendUnsynchronized("a", "less");
            state.ForgetUnsynchronized("b");
        }

        Assert.Equal(("less", null), (Get(state, "a"), Get(state, "b")));
        Assert.True(Machine.Run(state.CloseAsync()));
        state = Open();
        Assert.Equal(("1", "2"), (Get(state, "a"), Get(state, "b")));
    }

    [Theory]
    [InlineData("04", "03", typeof(UnsupportedFormatException), "texts hold a key of version 4")]
    [InlineData("0361", "04", typeof(UnsupportedFormatException), "texts hold a value of version 4")]
    [InlineData("02", "03", typeof(CorruptLogException), "Record 0 of the texts has an invalid key")]
    [InlineData("03", "03", typeof(CorruptLogException), "restore the directory of the texts")]
    [InlineData("0361", "", typeof(CorruptLogException), "Record 0 of the texts has an invalid value")]
    public void Open_BytesOfNoWriter_AreReported(string key, string value, Type expected, string message)
    {
        TextState state = Open();
        state.Log.Append(new RawRecord(Convert.FromHexString(key), Convert.FromHexString(value)), out _);
        Assert.True(Machine.Run(state.CloseAsync()));

        Exception failure = Assert.Throws(expected, () => Open());

        Assert.Contains(message, failure.Message);
        Assert.Empty(Machine.Disk.OpenFiles);
    }

    public void Dispose() => _machines.ForEach(machine => machine.Dispose());

    private static string? Get(TextState state, string key)
    {
        lock (state.Gate)
        {
            return state.TryGetUnsynchronized(key, out string value) ? value : null;
        }
    }

    private static long Set(TextState state, string key, string value)
    {
        state.ReadClock();
        lock (state.Gate)
        {
            return state.SetUnsynchronized(key, value);
        }
    }

    private static void SetAll(TextState state, params (string Key, string Value)[] changes)
    {
        lock (state.Gate)
        {
            state.SetUnsynchronized(changes.Select(each => KeyValuePair.Create(each.Key, each.Value)).ToList());
        }
    }

    private static void Remove(TextState state, params string[] keys)
    {
        lock (state.Gate)
        {
            state.RemoveUnsynchronized(keys);
        }
    }

    private void Settle()
    {
        Machine.Time.Advance(TimeSpan.FromSeconds(5));
        Machine.Scheduler.RunUntilIdle();
    }

    private TextState Open(bool clean = true, bool cacheSurvived = false, ulong generation = 0)
    {
        _logged = new LogLines();
        PartitionFixture life = new(
            Machine.Platform, "/", clean, cacheSurvived, generation: generation, logger: _logged);
        return TextState.Open(life.Factory, life.Platform, life.Logger, Directory);
    }

    private TextState OpenAfter(CrashKind kind)
    {
        _machines.Add(Machine.Crash(kind));
        return Open(clean: false, cacheSurvived: kind == CrashKind.ProcessKill, generation: 1);
    }
}
