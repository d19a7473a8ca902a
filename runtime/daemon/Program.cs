using Isolation.Core;
using Isolation.Daemon;
using Isolation.Linux;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

try
{
    switch (CommandLine.Parse(args))
    {
        case Invocation.Help:
            Console.Out.WriteLine(CommandLine.Usage);
            return ExitCodes.Done;
        case Invocation.Version:
            Console.Out.WriteLine(ProductInfo.Full);
            return ExitCodes.Done;
        case Invocation.CheckPolicy check:
            return PolicyCheckVerb.Run(check.File, Console.Out, Console.Error);
        case Invocation.InstallPolicy install:
            return await PolicyInstallVerb.RunAsync(install, Console.Out, Console.Error).ConfigureAwait(false);
        case Invocation.Drain drain:
            return await DrainVerb.RunAsync(drain, TimeProvider.System, Console.Out, Console.Error).ConfigureAwait(false);
        case Invocation.VerifyTrace verify:
            return TraceVerifyVerb.Run(verify.Directory, Console.Out, Console.Error);
        case Invocation.Serve { Options: ServiceOptions options }:
            if (Sys.EffectiveUid() != 0 || options.IsLaunched)
                return await ServeAsync(options).ConfigureAwait(false);
            await Launcher.LaunchAsync(options, TimeProvider.System, Console.Error.WriteLine).ConfigureAwait(false);
            return ExitCodes.Done;
        case Invocation.Wrong wrong:
            Console.Error.WriteLine($"isolationd: {wrong.Why}. Try: isolationd --help");
            return ExitCodes.Usage;
        default:
            throw new InvalidOperationException("an invocation that nobody carries out");
    }
}
catch (LaunchException e)
{
    Console.Error.WriteLine($"isolationd: {e.Message}");
    return e.ExitCode;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or LedgerException or InvalidDataException)
{
    Console.Error.WriteLine($"isolationd: {e.Message}");
    return ExitCodes.HostError;
}

static async Task<int> ServeAsync(ServiceOptions options)
{
    if (PrivilegeProof.Fault(options.IsLaunched) is string fault)
        throw new LaunchException(ExitCodes.NoPermission, $"this process is privileged, and refuses to serve: {fault}. Start it as root without {CommandLine.LaunchedFlag}, or from its unit.");
    HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = "/" });
    builder.Logging.AddProvider(new StderrLog(TimeProvider.System));
    builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
    builder.Services.AddSingleton(TimeProvider.System).AddSingleton(options).AddHostedService<FrontService>();
    builder.Services.Configure<ConsoleLifetimeOptions>(o => o.SuppressStatusMessages = true);
    using IHost host = builder.Build();
    await host.RunAsync().ConfigureAwait(false);
    return ExitCodes.Done;
}
