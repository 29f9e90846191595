namespace EmbeddedLog.Torture.User;

/// <summary>The exception of the user's code: of a type unknown to the library.</summary>
internal sealed class UserCodeException() : Exception("The user's own code has thrown this.");
