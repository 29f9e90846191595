using System.Runtime.InteropServices;
using EmbeddedLog;
using Services;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
});

Func<CancellationToken, Task>? run = args switch
{
    ["writer"] => Writer.RunAsync,
    ["billing"] => new Service("billing", work: TimeSpan.Zero).RunAsync,
    ["mail"] => new Service("mail", work: TimeSpan.FromMilliseconds(50)).RunAsync,
    ["report"] => new Service("report", work: TimeSpan.FromMilliseconds(250)).RunAsync,
    _ => null,
};
if (run is null)
{
    Console.Error.WriteLine("Name one of the processes: writer, billing, mail or report.");
    return 2;
}

try
{
    await run(stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine("stopped");
}
catch (EmbeddedLogException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

return 0;
