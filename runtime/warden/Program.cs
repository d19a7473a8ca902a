using Isolation.Cells;
using Isolation.Core;
using Isolation.Isolators.Container;
using Isolation.Isolators.LogOnly;
using Isolation.Isolators.Setuid;
using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>
/// The root process: <c>warden --limits FILE --state DIR --run DIR</c>. It listens on RUN/warden.sock for isolationd, and ends when
/// isolationd tells it to; payloads outlive it.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        WardenLog log = new(TimeProvider.System);
        if (arguments is ["--version"])
        {
            using Descriptor output = new(1);
            Sys.WriteAll(output, System.Text.Encoding.UTF8.GetBytes(WardenState.About + "\n"));
            return 0;
        }

        if (WardenOptions.TryParse(arguments) is not WardenOptions options)
        {
            log.Write("usage: warden --limits FILE --state DIR --run DIR (absolute paths) [--tracking-groups SYSTEM:FIRST-LAST,…] [--without-kernel NAME,…]: " + string.Join(",", KernelFeatures.Names));
            return 64;
        }

        try
        {
            return Serve(options, log);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            log.Write($"cannot start: {e.Message}");
            return 1;
        }
    }

    private static int Serve(WardenOptions options, WardenLog log)
    {
        CrashSwitch.Follow(options.Run);
        Sys.SetFileModeMask(0x12); // 022: modes are said where things are made
        LowNumbers.SetAside(); // while they are low
        UnsharedHeap.KeepFromChildren();
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1"); // what cell-inits say is read without another thread; nothing blocks there
        using RunDirectories directories = RunDirectories.Open(options.Run, options.State);
        WardenState state = new(options.Limits, log);
        CgroupLayout cgroups = CgroupLayout.Read();
        string? unit = PayloadsUnit.Find(cgroups);
        ServiceSlice slice = new(cgroups, SliceName.Of(options.Run), unit ?? "");
        using GivenUpJobs jobs = new(TimeProvider.System);
        LeftBehind left = new(TimeProvider.System, log.Write);
        CellHost host = new(
            directories.Rooms, directories.Scratch, directories.ScratchPath, Path.Combine(AppContext.BaseDirectory, "cell-init"),
            cgroups, slice, KernelFeatures.CountersOf(options.WithoutKernel), jobs, left, new DigestMemory(TimeProvider.System),
            File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), TimeProvider.System)
        {
            Run = options.Run,
            State = options.State,
            Tracking = options.Tracking,
            MapsIds = !options.WithoutKernel.Contains(KernelFeatures.IdMaps),
            TellsExits = !options.WithoutKernel.Contains(KernelFeatures.PidFdExit),
            Log = options.WithoutKernel.Contains(KernelFeatures.KernelLog) ? KernelLog.None : KernelLog.Open(),
            Landlock = !options.WithoutKernel.Contains(KernelFeatures.Landlock),
        };

        if (cgroups is { V1.Count: 0, Unified: string unified } && slice.Make(unified) is { Count: > 0 } missing)
            log.Write($"leaves in the slice {slice.At(unified).Path} will have no controller {string.Join(", ", missing)}: limits of that kind cannot be enforced there. "
                + $"Fix: give them to the children of {slice.At(unified).Parent.Directory} (cgroup.subtree_control).");

        ContainerIsolator containers = new(host, () => state.Limits.Containers(), log.Write);
        IHostIsolator[] each = [new LogOnlyIsolator(host), new SetuidIsolator(host, () => state.Limits.PrivateRooms()), containers];
        Dictionary<Level, IHostIsolator> isolators = each.ToDictionary(isolator => isolator.Description.Level);

        SettingUp settingUp = new(TimeProvider.System);
        WarmRooms warm = new(level => state.Limits.WarmRoomsOf(level), () => settingUp.IsUnderWay, TimeProvider.System, log);
        RoomKeeper rooms = new(isolators, host.Lending, warm, settingUp, state, log);
        new FoundRooms(host, isolators, rooms, log).TakeOverAsync().GetAwaiter().GetResult();
        _ = containers.CollectImagesAsync();
        PlaceSurveying surveying = new(host, state);
        string socketPath = $"{options.Run}/warden.sock";
        using UnixSocket listener = FrontListener.Open(socketPath, state.Limits.Service);
        new Thread(() => FrontListener.Accept(listener, new OperationTable(rooms, warm, surveying, state), state, log)) { IsBackground = true, Name = "listener" }.Start();
        log.Write($"{WardenState.About} serves {options.Run}");

        state.Stopping.Wait(Timeout.Infinite);
        _ = Sys.TryUnlink(null, System.Text.Encoding.UTF8.GetBytes(socketPath), isDirectory: false, out _);
        warm.Dispose();
        left.Dispose(); // before the directories that it removes from
        slice.Remove();
        directories.Remove();
        FrontListener.LetAnswersGo();
        return 0;
    }
}
