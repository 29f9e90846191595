using EmbeddedLog.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Handling;

/// <summary>
/// Decides what becomes of a record whose last attempt has failed, or that cannot be read, and does it.
/// </summary>
/// <param name="options">Valid.</param>
/// <param name="deadLetters">Keeps dead letters; null where there are none.</param>
/// <param name="logger">Where it is told what was not handled.</param>
internal sealed class FailurePolicy(ForEachOptions options, IDeadLetters? deadLetters, ILogger logger)
{
    /// <summary>
    /// Whether it wants records that cannot be read. Without it they fail the read, which stops the loop as well.
    /// </summary>
    public bool TakesFaults => options.FailureHandler is not null || options.OnFailure != FailureAction.Stop;

    /// <summary>Whether it needs the bytes of keys and values.</summary>
    public bool KeepsRaw => options.FailureHandler is not null || options.OnFailure == FailureAction.DeadLetter;

    /// <summary>Decides, in the place of the handler. Returns null where the record is finished by that.</summary>
    /// <returns>What the loop is to stop with; the record is not finished then.</returns>
    public async ValueTask<Exception?> ApplyAsync<TKey, TValue>(RecordInHand<TKey, TValue> record, Exception failure)
    {
        FailureAction action = options.OnFailure;
        TopicPartitionOffset at = record.Record.TopicPartitionOffset;
        try
        {
            FailedRecord? failed = KeepsRaw ? record.Describe(failure) : null;
            CancellationToken token = record.Window.Partition.Token.Token;
            if (options.FailureHandler is { } decide)
            {
                action = await decide(failed!, token).ConfigureAwait(false);
            }

            if (action == FailureAction.DeadLetter)
            {
                await KeepAsync(failed!, token).ConfigureAwait(false);
            }
            else if (!Enum.IsDefined(action))
            {
                throw HandlingErrors.UnknownAction(at, action);
            }
        }
#pragma warning disable CA1031 // Nothing has decided, or the record could not be kept: the loop stops with both.
        catch (Exception other)
#pragma warning restore CA1031
        {
            return new AggregateException(failure, other);
        }

        if (action == FailureAction.Stop)
        {
            return failure;
        }

        if (action == FailureAction.Skip)
        {
            LogSkip(at, record.Attempts, failure);
        }

        return null;
    }

    private async ValueTask KeepAsync(FailedRecord failed, CancellationToken cancellationToken)
    {
        if (options.DeadLetterTopic is not { } topic)
        {
            throw HandlingErrors.NoDeadLetterTopic(failed.At);
        }

        // Where a topic is named, the log has been asked for it when the loop began.
        TopicPartitionOffset kept =
            await deadLetters!.KeepAsync(topic, failed, cancellationToken).ConfigureAwait(false);
        HandlingLog.Kept(logger, failed.Error, failed.At, kept, failed.Attempts);
    }

    private void LogSkip(TopicPartitionOffset record, int attempts, Exception failure)
    {
        if (attempts > 0)
        {
            HandlingLog.Skipped(logger, failure, record, attempts);
        }
        else
        {
            HandlingLog.SkippedUnread(logger, failure, record);
        }
    }
}
