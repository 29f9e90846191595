namespace EmbeddedLog.Torture.User;

/// <summary>What the user's code throws: nothing that the library could know.</summary>
internal sealed class UserCodeException() : Exception("The user's own code has thrown this.");
