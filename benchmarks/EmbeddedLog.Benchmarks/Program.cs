using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using EmbeddedLog.Benchmarks;

// `write-modes` compares the two ways of writing; anything else is for BenchmarkDotNet, such as `--filter '*'`.
if (args is ["write-modes", ..])
{
    await WriteModeComparison.RunAsync();
    return;
}

// In this process: the generated project of the default toolchain would fall under this repository's own rules.
IConfig config = DefaultConfig.Instance.AddJob(
    Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(7));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
