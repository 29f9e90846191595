namespace EmbeddedLog.Testing.Model;

/// <summary>The log did something that the model forbids.</summary>
internal sealed class ModelViolationException : Exception
{
    public ModelViolationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
