using System.Globalization;

namespace Isolation.Probes;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public const string Usage = """
        Usage: isolation separation [OPTIONS]

        Tries to break out of payloads of your own, and tells what held.

          --level L          log-only, setuid (or its room kinds classic, private), container, vm; policy's choice if not given (may be repeated)
          --report FILE      write a report; .html, else JSON (may be repeated)
          --probe ID,…       only these probes
          --as ACCOUNT       the pilot to be; root must name one
          --self-test        only show that each probe can succeed where nothing separates
          --no-self-test     leave that out
          --socket PATH      the service's socket (ISOLATION_SOCKET, else /run/isolation/isolation.sock)

        """;

    public List<string> Levels { get; } = [];

    public List<string> Reports { get; } = [];

    public IReadOnlyList<Probe> Probes { get; private set; } = ProbeCatalog.All;

    public string? Account { get; private set; }

    public bool SelfTest { get; private set; } = true;

    public bool Payloads { get; private set; } = true;

    public string? Socket { get; private set; }

    public List<string> Faults { get; } = [];

    public static Options Parse(string[] words)
    {
        Options options = new();
        for (int i = 0; i < words.Length; i++)
        {
            string[] parts = words[i].Split('=', 2);
            string Value()
            {
                if (parts.Length == 2)
                    return parts[1];
                if (++i < words.Length)
                    return words[i];
                options.Faults.Add($"{parts[0]} lacks its value.");
                return "";
            }

            options.Take(parts[0], Value);
        }

        if (options.Faults.Count == 0 && options.Payloads && Environment.IsPrivilegedProcess && options.Account is null)
            options.Faults.Add("root is no pilot. Fix: name one of the policy's pilot accounts with --as, or run it as that account.");
        return options;
    }

    private void Take(string option, Func<string> value)
    {
        switch (option)
        {
            case "--level":
                string level = value();
                if (level is "log-only" or "setuid" or "classic" or "private" or "container" or "vm")
                    Levels.Add(level);
                else
                    Faults.Add($"there is no level \"{Printable.Of(level)}\". Fix: use log-only, setuid, classic, private, container or vm.");
                break;
            case "--report":
                Reports.Add(value());
                break;
            case "--probe":
                string[] ids = value().Split(',');
                foreach (string id in ids.Where(id => !ProbeCatalog.All.Any(p => p.Id == id)))
                    Faults.Add($"there is no probe {Printable.Of(id)}. Fix: use one of {string.Join(", ", ProbeCatalog.All.Select(p => p.Id))}.");
                Probes = [.. ProbeCatalog.All.Where(p => ids.Contains(p.Id))];
                break;
            case "--as":
                Account = value();
                break;
            case "--socket":
                Socket = value();
                break;
            case "--self-test":
                Payloads = false;
                break;
            case "--no-self-test":
                SelfTest = false;
                break;
            default:
                Faults.Add($"there is no option {Printable.Of(option)}.");
                break;
        }
    }
}
