using System.Diagnostics;

namespace Isolation.Linux.Tests;

/// <summary>Runs other programs: the C compiler, and what it made.</summary>
internal static class Compiled
{
    /// <summary>Compiles C source into a program that is removed when the returned value is disposed.</summary>
    public static CompiledProgram Program(string source)
    {
        string directory = Directory.CreateTempSubdirectory("iso-c-").FullName;
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
            | UnixFileMode.OtherExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        string file = Path.Combine(directory, "program.c");
        File.WriteAllText(file, source);
        (int code, _, string errors) = Run("gcc", "-D_GNU_SOURCE", "-w", "-o", Path.Combine(directory, "program"), file, "-lpthread");
        return code == 0 ? new CompiledProgram(directory) : throw new InvalidOperationException(errors);
    }

    /// <summary>The compiler's complaints about a source.</summary>
    public static string Complaints(string source)
    {
        string directory = Directory.CreateTempSubdirectory("iso-c-").FullName;
        try
        {
            string file = Path.Combine(directory, "program.c");
            File.WriteAllText(file, source);
            return Run("gcc", "-D_GNU_SOURCE", "-w", "-fmax-errors=0", "-fsyntax-only", file).Errors;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public static (int Code, string Output, string Errors) Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}

internal sealed class CompiledProgram(string directory) : IDisposable
{
    public string File { get; } = Path.Combine(directory, "program");

    public void Dispose() => Directory.Delete(directory, recursive: true);
}
