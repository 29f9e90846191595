using System.Runtime.InteropServices;
using AccessLog;
using EmbeddedLog;

const int Failed = 1;
const int Misused = 2;
const int Stopped = 130;

if (!CommandLine.TryParse(args, out CommandLine? commandLine, out string? error))
{
    Console.Error.WriteLine($"{error}\n\n{CommandLine.Usage}");
    return Misused;
}

if (commandLine.Help)
{
    Console.Out.WriteLine(CommandLine.Usage);
    return 0;
}

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var sample = new Sample(commandLine, Console.Out, TimeProvider.System);
    await sample.RunAsync(!Console.IsOutputRedirected, stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped. Run it again to go on from here.");
    return Stopped;
}
catch (Exception e)
    when (e is EmbeddedLogException or IOException or UnauthorizedAccessException or InvalidDataException)
{
    Console.Error.WriteLine(e.Message);
    return Failed;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
