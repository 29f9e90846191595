using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <content>What a program does while it has something in hand.</content>
internal sealed partial class ConsumerModel
{
    /// <summary>All steps that need no other thread, and no time.</summary>
    private static readonly ConsumerStep[] s_acts =
    [
        ConsumerStep.Append, ConsumerStep.AppendBad, ConsumerStep.CommitRecord, ConsumerStep.CommitOffset,
        ConsumerStep.FinishRecord, ConsumerStep.CommitFinished, ConsumerStep.Pause, ConsumerStep.Resume,
        ConsumerStep.Retry, ConsumerStep.Seek, ConsumerStep.SeekAll, ConsumerStep.SeekOne, ConsumerStep.Skip,
    ];

    /// <summary>A read to the end that was called for before.</summary>
    private (IAsyncEnumerable<Record<string, string>> Records, long[] Ends)? _earlier;

    private async Task ReadAndActAsync(int number)
    {
        if (Available() == 0)
        {
            return;
        }

        InRead body = new(this, number);
        using CancellationTokenSource cancellation = new();
        try
        {
            await foreach (Record<string, string> record in _consumer.ReadAllAsync(cancellation.Token))
            {
                FinishInHand();
                Take(record);
                if (!body.GoesOn(cancellation))
                {
                    break;
                }
            }
        }
        catch (Exception failure) when (body.Ended(failure))
        {
            // As it was meant to end.
        }

        _inHand = null;
    }

    private async Task ReadBatchesAndActAsync(int number)
    {
        if (Available() == 0)
        {
            return;
        }

        int maxRecords = 1 + (number % 7);
        InRead body = new(this, number);
        using CancellationTokenSource cancellation = new();
        try
        {
            await foreach (
                IReadOnlyList<Record<string, string>> batch in
                    _consumer.ReadBatchesAsync(maxRecords, cancellation.Token))
            {
                FinishInHand();
                Assert.InRange(batch.Count, 1, maxRecords);
                for (int i = 0; i < batch.Count; i++)
                {
                    Take(batch[i], inBatch: i);
                }

                if (!body.GoesOn(cancellation))
                {
                    break;
                }
            }
        }
        catch (Exception failure) when (body.Ended(failure))
        {
            // As it was meant to end.
        }

        _inHand = null;
    }

    /// <summary>
    /// Reads no record behind the ends as of the call, which may have been some steps ago, and all before them that are
    /// not paused.
    /// </summary>
    private async Task ReadToEndAndActAsync(int number)
    {
        (IAsyncEnumerable<Record<string, string>> Records, long[] Ends) called =
            (_consumer.ReadToEndAsync(), [.. _numbers.Select(numbers => (long)numbers.Count)]);
        (IAsyncEnumerable<Record<string, string>> records, long[] ends) =
            number % 3 == 0 ? called : _earlier ?? called;
        _earlier = called;
        InRead body = new(this, number) { ComesToTheEnd = true };
        await foreach (Record<string, string> record in records)
        {
            FinishInHand();
            Take(record);
            Assert.True(record.Offset < ends[IndexOf(record)]);
            body.GoesOn(cancellation: null);
        }

        FinishInHand();
        Assert.All(
            Enumerable.Range(0, Partitions),
            i => Assert.True(_paused[i] || Math.Max(_next[i], _start[i]) >= ends[i]));
    }

    /// <summary>How many records can be read when the next one is asked for.</summary>
    private long AvailableNext() =>
        Available() - (_inHand is { } inHand && !_paused[inHand.Partition]
            ? Math.Max(0, inHand.To - _next[inHand.Partition])
            : 0);

    /// <summary>What is done with each record in hand: a few steps, by a number.</summary>
    private sealed class InRead(ConsumerModel model, int number)
    {
        private readonly Random _random = new((number * 7919) + model._appended);
        private int _left = number / 2;
        private bool _throws;
        private bool _cancels;

        /// <summary>Whether it is never left.</summary>
        public bool ComesToTheEnd { get; init; }

        /// <summary>Does some steps; false where the read is to be left by a break.</summary>
        public bool GoesOn(CancellationTokenSource? cancellation)
        {
            if (_left > 0 && _random.Next(2) == 0)
            {
                ConsumerStep step = s_acts[_random.Next(s_acts.Length)];
                model.Do(step, _random.Next(step == ConsumerStep.Append ? 5 : 40));
            }

            if (ComesToTheEnd || (--_left > 0 && model.AvailableNext() > 0))
            {
                _left -= ComesToTheEnd ? 1 : 0;
                return true;
            }

            switch (_random.Next(3))
            {
                case 0:
                    _throws = true;
                    throw new FormatException();
                case 1:
                    _cancels = true;
                    cancellation!.Cancel();
                    return true;
                default:
                    return false;
            }
        }

        /// <summary>Whether a read has failed as this has meant it to; what was in hand is finished or not.</summary>
        public bool Ended(Exception failure)
        {
            if (_cancels && failure is OperationCanceledException)
            {
                // The next one was asked for.
                model.FinishInHand();
                return true;
            }

            return _throws && failure is FormatException;
        }
    }
}
