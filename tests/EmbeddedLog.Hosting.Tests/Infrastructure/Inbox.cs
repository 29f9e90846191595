using System.Collections.Concurrent;
using System.Threading.Channels;

namespace EmbeddedLog.Hosting.Tests.Infrastructure;

/// <summary>What handlers of a test have done: they write it, and the test waits for it.</summary>
internal sealed class Inbox
{
    private readonly Channel<string> _done = Channel.CreateUnbounded<string>();

    /// <summary>All of it so far.</summary>
    public ConcurrentQueue<string> All { get; } = [];

    public void Note(string what)
    {
        All.Enqueue(what);
        _done.Writer.TryWrite(what);
    }

    /// <summary>The next so many, in their order.</summary>
    public async Task<string[]> TakeAsync(int count)
    {
        string[] taken = new string[count];
        for (int i = 0; i < count; i++)
        {
            taken[i] = await _done.Reader.ReadAsync(TestContext.Current.CancellationToken);
        }

        return taken;
    }
}
