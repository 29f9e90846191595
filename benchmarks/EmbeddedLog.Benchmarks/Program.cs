using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using EmbeddedLog.Benchmarks;

// `write-modes` compares the two ways of writing, `recovery` times an opening after a kill, `waits` measures the cost
// of one of many waits, `groups` what groups cost, `handling` what handlers cost. All other arguments are for
// BenchmarkDotNet, such as `--filter '*'`.
if (args is ["write-modes", ..])
{
    await WriteModeComparison.RunAsync();
    return;
}

if (args is ["waits", ..])
{
    await WaitMeasurement.RunAsync();
    return;
}

if (args is ["groups", ..])
{
    await GroupMeasurement.RunAsync();
    return;
}

if (args is ["handling", ..])
{
    await HandlingMeasurement.RunAsync();
    return;
}

if (args is ["recovery", ..])
{
    await RecoveryMeasurement.RunAsync();
    return;
}

if (args is ["recovery-child", string directory])
{
    await RecoveryMeasurement.AppendAsync(directory);
    return;
}

// In this process: this repository's own rules would apply to the generated project of the default toolchain.
IConfig config = DefaultConfig.Instance.AddJob(
    Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(7));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
