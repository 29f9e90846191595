namespace EmbeddedLog.Testing.Model;

/// <summary>The log broke a rule of the model.</summary>
internal sealed class ModelViolationException : Exception
{
    public ModelViolationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
