using EmbeddedLog.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Handling;

/// <summary>
/// Decides what becomes of a record whose last attempt has failed, or that cannot be read, and does it.
/// </summary>
/// <param name="options">Valid.</param>
/// <param name="logger">Where it is told what was not handled.</param>
internal sealed class FailurePolicy(ForEachOptions options, ILogger logger)
{
    /// <summary>
    /// Whether it wants records that cannot be read. Without it they fail the read, which stops the loop as well.
    /// </summary>
    public bool TakesFaults => options.FailureHandler is not null || options.OnFailure != FailureAction.Stop;

    /// <summary>Whether it needs the bytes of keys and values.</summary>
    public bool KeepsRaw => options.FailureHandler is not null;

    /// <summary>Decides, in the place of the handler. Returns null where the record is finished by that.</summary>
    /// <returns>What the loop is to stop with; the record is not finished then.</returns>
    public async ValueTask<Exception?> ApplyAsync<TKey, TValue>(RecordInHand<TKey, TValue> record, Exception failure)
    {
        FailureAction action = options.OnFailure;
        TopicPartitionOffset at = record.Record.TopicPartitionOffset;
        try
        {
            if (options.FailureHandler is { } decide)
            {
                CancellationToken token = record.Window.Partition.Token.Token;
                action = await decide(record.Describe(failure), token).ConfigureAwait(false);
                if (!Enum.IsDefined(action))
                {
                    throw HandlingErrors.UnknownAction(at, action);
                }
            }
        }
#pragma warning disable CA1031 // The user's own: nothing has decided, so the loop stops with both.
        catch (Exception other)
#pragma warning restore CA1031
        {
            return new AggregateException(failure, other);
        }

        if (action != FailureAction.Skip)
        {
            return failure;
        }

        if (record.Traits.Fault is null)
        {
            HandlingLog.Skipped(logger, failure, at, record.Attempts);
        }
        else
        {
            HandlingLog.SkippedUnread(logger, failure, at);
        }

        return null;
    }
}
