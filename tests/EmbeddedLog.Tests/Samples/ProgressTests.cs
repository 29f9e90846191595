using AccessLog;

namespace EmbeddedLog.Tests.Samples;

public sealed class ProgressTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StandingClock _clock = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Report_WithinTheInterval_PrintsOnlyTheFirst()
    {
        Progress progress = Create(overwrite: false);
        int group = progress.AddGroup("g", 7);
        progress.ReportLines(1, 0, 0.5);
        progress.ReportLines(2, 0, 0.6);
        _clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        progress.ReportGroup(group, 8);
        Assert.Equal("read 1 lines (50 %), rejected 0; counted: g 7\n", _output.ToString());

        _clock.Advance(TimeSpan.FromTicks(1));
        progress.ReportGroup(group, 1000);
        Assert.Equal("read 2 lines (60 %), rejected 0; counted: g 1,000", _output.ToString().Split('\n')[1]);
    }

    [Fact]
    public void Finish_AtAnyTime_PrintsTheLastState()
    {
        Progress progress = Create(overwrite: false);
        progress.ReportLines(1, 0, null);
        progress.ReportLines(2, 1, null);
        progress.Finish();
        Assert.Equal("read 1 lines, rejected 0; counted: \nread 2 lines, rejected 1; counted: \n", _output.ToString());
    }

    [Fact]
    public void Report_OnATerminal_CoversTheLineBefore()
    {
        Progress progress = Create(overwrite: true);
        progress.ReportLines(1, 0, 0.5);
        _clock.Advance(TimeSpan.FromSeconds(1));
        progress.ReportLines(2, 0, null);
        progress.Finish();

        string[] printed = _output.ToString().Split('\r');
        Assert.Equal(
            [
                "",
                "read 1 lines (50 %), rejected 0; counted: ",
                "read 2 lines, rejected 0; counted:        ",
                "read 2 lines, rejected 0; counted: \n",
            ],
            printed);
    }

    private Progress Create(bool overwrite) => new(_output, overwrite, TimeSpan.FromSeconds(1), _clock);

    /// <summary>A clock that only the test moves.</summary>
    private sealed class StandingClock : TimeProvider
    {
        private long _timestamp;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _timestamp += by.Ticks;

        public override long GetTimestamp() => _timestamp;
    }
}
