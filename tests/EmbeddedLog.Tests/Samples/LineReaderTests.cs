using System.Text;
using AccessLog.Input;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Samples;

public sealed class LineReaderTests
{
    [Fact]
    public async Task ReadAsync_LinesOfAllKinds_GivesTextNumberAndEnd()
    {
        List<(long, string, long, bool, bool)> lines = await ReadAsync("one\n\ntwo\r\nlast"u8.ToArray(), 100);

        Assert.Equal(
            [
                (1, "one", 4, false, true),
                (2, "", 5, false, true),
                (3, "two", 10, false, true),
                (4, "last", 14, false, false),
            ],
            lines);
    }

    [Fact]
    public async Task ReadAsync_ByteOrderMark_IsNoPartOfTheFirstLine()
    {
        List<(long, string Text, long, bool, bool)> lines = await ReadAsync("\uFEFFa\n\uFEFFb\n"u8.ToArray(), 100);
        Assert.Equal(["a", "\uFEFFb"], lines.Select(l => l.Text));
    }

    [Fact]
    public async Task ReadAsync_FromTheMiddle_CountsOn()
    {
        using var stream = new MemoryStream("one\ntwo\n"u8.ToArray()) { Position = 4 };
        var reader = new LineReader(stream, 4, 1);
        LogLine line = Assert.NotNull(await reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal((2, 8), (line.Number, line.End));
        Assert.Null(await reader.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(LineReader.MaxLineBytes, false)]
    [InlineData(LineReader.MaxLineBytes + 1, true)]
    [InlineData(5 * LineReader.MaxLineBytes, true)]
    public async Task ReadAsync_LineAroundTheLimit_IsWholeOrCut(int length, bool tooLong)
    {
        foreach (string end in new[] { "\n", "" })
        {
            byte[] bytes = [.. Enumerable.Repeat((byte)'x', length), .. Encoding.ASCII.GetBytes(end)];
            byte[] all = end.Length > 0 ? [.. bytes, .. "next\n"u8] : bytes;

            var lines = await ReadAsync(all, 4096);

            (long number, string text, long position, bool isTooLong, bool isTerminated) = lines[0];
            Assert.Equal((1, bytes.Length, tooLong, end.Length > 0), (number, position, isTooLong, isTerminated));
            Assert.Equal(tooLong ? RejectedLine.KeptBytes : length, text.Length);
            if (end.Length > 0)
            {
                Assert.Equal((2, "next", bytes.Length + 5, false, true), lines[1]);
            }
        }
    }

    [Fact]
    public async Task ReadAsync_Cancelled_DoesNotWaitForTheStream()
    {
        using var stop = new CancellationTokenSource();
        using var stream = new SilentStream();
        ValueTask<LogLine?> reading = new LineReader(stream, 0, 0).ReadAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
    }

    [Fact]
    public void Law_AnyTextInAnyPieces_IsCutAtItsLineEnds() =>
        Prop.ForAll(
            Gen.ArrayOf(Gen.Elements((byte)'a', (byte)'b', (byte)'\n')).ToArbitrary(),
            Gen.Choose(1, 7).ToArbitrary(),
            (bytes, piece) =>
            {
                string text = Encoding.ASCII.GetString(bytes);
                string[] expected = text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
                List<(long, string Text, long End, bool, bool)> lines =
                    ReadAsync(bytes, piece).AsTask().GetAwaiter().GetResult();
                return lines.Select(l => l.Text).SequenceEqual(expected)
                    && (lines.Count == 0 || lines[^1].End == bytes.Length);
            }).QuickCheckThrowOnFailure();

    private static async ValueTask<List<(long, string, long, bool, bool)>> ReadAsync(byte[] bytes, int piece)
    {
        using var stream = new PiecewiseStream(bytes, piece);
        var reader = new LineReader(stream, 0, 0);
        List<(long, string, long, bool, bool)> lines = [];
        while (await reader.ReadAsync(CancellationToken.None) is { } line)
        {
            string text = Encoding.UTF8.GetString(line.Text.Span);
            lines.Add((line.Number, text, line.End, line.IsTooLong, line.IsTerminated));
        }

        return lines;
    }

    /// <summary>Hands out a few bytes at a time, as a pipe does.</summary>
    private sealed class PiecewiseStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }

    /// <summary>Never has a byte and does not heed cancellation, as a terminal.</summary>
    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await new TaskCompletionSource<int>().Task;
    }
}
