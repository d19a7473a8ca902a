using System.Globalization;
using System.Text;
using System.Text.Json;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// A process with secrets: the pilot beside which a payload runs, or the payload of somebody else. It plants things of every kind, tells
/// on its output where they are (never the secrets), serves its sockets, and says when asked whether its things are as it made them.
/// </summary>
internal sealed partial class Plant : IDisposable
{
    private readonly string _run;
    private readonly string _role;
    private readonly string _directory;
    private readonly Dictionary<string, string> _told = [];
    private readonly List<string> _files = [];
    private readonly Dictionary<string, string> _contents = [];
    private readonly NativeBuffer _memory;

    private Plant(string run, string role, string directory)
    {
        (_run, _role, _directory) = (run, role, directory);
        _memory = new NativeBuffer(New("memory"));
    }

    /// <summary>The mode <c>plant RUN ROLE DIRECTORY WORD</c>: plants, serves, and takes everything away when its input ends.</summary>
    public static int Start(string[] words)
    {
        using Plant plant = new(words[0], words[1], words[2].Length > 0 ? words[2] : Directory.GetCurrentDirectory());
        plant.Make();
        plant.Tell();
        plant.Serve();
        plant.Clear();
        return 0;
    }

    public void Dispose() => _memory.Dispose();

    private string Name => $"separation-{_run}-{_role}";

    private string New(string what) => Secret.New(_run, _role, what);

    private void Make()
    {
        _told["pid"] = Text(KernelCall.Invoke(Nr.getpid));
        _told["uid"] = Text(KernelCall.Invoke(Nr.getuid));
        _told["gid"] = Text(KernelCall.Invoke(Nr.getgid));
        _told["dir"] = _directory;
        _told["memory"] = Text(_memory.Address);
        PlantFile("proxy", $"{_directory}/x509up", 0x180);
        PlantFile("token", $"{_directory}/bearer_token", 0x180);
        PlantFile("claim", $"{_directory}/.job.ad", 0x180);
        PlantFile("tmp.proxy", $"/tmp/x509up_{Name}", 0x180);
        PlantFile("tmp.marker", $"/tmp/{Name}", 0x1b6);
        PlantFile("vartmp.marker", $"/var/tmp/{Name}", 0x1b6);
        PlantFile("shm.marker", $"/dev/shm/{Name}", 0x1b6);
        PlantOpenFile();
        PlantSystemV();
        PlantQueue();
        PlantKey();
        PlantSockets();
    }

    private void PlantFile(string key, string path, int mode)
    {
        string secret = New(key.Replace('.', '-'));
        if (Kernel.WriteFile(path, secret, mode) < 0)
            return;
        _told[key] = path;
        _files.Add(path);
        _contents[path] = secret;
    }

    // Held open and without a name: only a descriptor leads to it.
    private void PlantOpenFile()
    {
        string path = $"{_directory}/unlinked";
        if (Kernel.WriteFile(path, New("descriptor"), 0x180) < 0)
            return;
        _told["fd"] = Text(Kernel.Open(path, Sys.O_RDWR));
        Kernel.Remove(path);
    }

    private void PlantKey()
    {
        using NativeBuffer type = new("user"), description = new(Name), payload = new(New("key"));
        foreach ((string ring, int number) in new[] { ("session", -3), ("user", -4), ("user-session", -5) })
        {
            nint serial = KernelCall.Invoke(Nr.add_key, type.Address, description.Address, payload.Address, payload.Length - 1, number);
            if (serial > 0)
                _told["key." + ring] = Text(serial);
        }
    }

    private void Tell()
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            foreach ((string key, string value) in _told)
                json.WriteString(key, value);
            json.WriteEndObject();
        }

        Print(Encoding.UTF8.GetString(line.ToArray()));
    }

    private static void Print(string line)
    {
        using Descriptor output = new(1);
        Sys.WriteAll(output, Encoding.UTF8.GetBytes(line + "\n"));
        output.Release();
    }

    private string Touched()
    {
        List<string> touched = [];
        foreach ((string path, string content) in _contents)
        {
            string now = Kernel.Text(path);
            if (now != content)
                touched.Add($"{path} is changed");
        }

        if (Encoding.UTF8.GetString(_memory.Span).TrimEnd('\0') is var memory && !memory.StartsWith(Secret.Prefix(_run), StringComparison.Ordinal))
            touched.Add("its memory is changed");
        touched.AddRange(TouchedIpc());
        return touched.Count == 0 ? "untouched" : string.Join("; ", touched);
    }

    private void Clear()
    {
        ClearIpc();
        foreach (string file in _files)
        {
            Kernel.Remove(file);
            // A link that an attacker made of it: where the sticky bit is set, only the file's owner can remove it.
            Kernel.Remove(file + "-link");
        }

        foreach (string key in new[] { "key.user", "key.user-session" })
        {
            if (_told.TryGetValue(key, out string? serial))
                KernelCall.Invoke(Nr.keyctl, 21 /* invalidate */, nint.Parse(serial, CultureInfo.InvariantCulture));
        }
    }

    private static string Text(nint number) => number.ToString(CultureInfo.InvariantCulture);
}
