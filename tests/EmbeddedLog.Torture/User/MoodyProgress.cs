namespace EmbeddedLog.Torture.User;

/// <summary>Receives progress, and throws.</summary>
internal sealed class MoodyProgress<T>(Mood mood) : IProgress<T>
{
    public void Report(T value) => mood.Play(3);
}
