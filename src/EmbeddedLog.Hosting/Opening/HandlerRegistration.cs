namespace EmbeddedLog.Hosting.Opening;

/// <summary>What the code has said of one handler.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Topics">What it reads.</param>
/// <param name="Configure">What the code sets; null for nothing.</param>
internal sealed record HandlerRegistration(string Name, Subscription Topics, Action<HandlerOptions>? Configure);
