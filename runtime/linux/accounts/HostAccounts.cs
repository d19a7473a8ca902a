using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

/// <summary>An entry of the host's account database.</summary>
public sealed record HostAccountEntry(string Name, uint Uid, uint Gid);

/// <summary>
/// Names and numbers of accounts as the host's name services have them (nsswitch.conf(5)). A look-up can ask a directory server and
/// take its time; it needs a dynamically linked program.
/// </summary>
public static partial class HostAccounts
{
    private const int ERANGE = 34;
    private const int MostBytes = 1 << 20;

    /// <summary>The account of that name, or null when the host knows none.</summary>
    public static unsafe HostAccountEntry? FindUser(string name)
    {
        fixed (byte* wanted = (byte[])[.. Encoding.UTF8.GetBytes(name), 0])
        {
            byte* held = wanted;
            return LookUp<HostAccountEntry>((buffer, length) =>
            {
                Passwd entry;
                Passwd* found;
                int errno = GetPwNamRaw(held, &entry, (byte*)buffer, length, &found);
                return (errno, found is null ? null : ToEntry(found));
            });
        }
    }

    /// <summary>The account of that uid, or null when the host knows none.</summary>
    public static unsafe HostAccountEntry? FindUser(uint uid) => LookUp<HostAccountEntry>((buffer, length) =>
    {
        Passwd entry;
        Passwd* found;
        int errno = GetPwUidRaw(uid, &entry, (byte*)buffer, length, &found);
        return (errno, found is null ? null : ToEntry(found));
    });

    /// <summary>The gid of the group of that name, or null when the host knows none.</summary>
    public static unsafe uint? FindGroup(string name)
    {
        fixed (byte* wanted = (byte[])[.. Encoding.UTF8.GetBytes(name), 0])
        {
            byte* held = wanted;
            return LookUp<GroupEntry>((buffer, length) =>
            {
                Group entry;
                Group* found;
                int errno = GetGrNamRaw(held, &entry, (byte*)buffer, length, &found);
                return (errno, found is null ? null : new GroupEntry(found->Gid));
            })?.Gid;
        }
    }

    private delegate (int Errno, T? Found) Attempt<T>(nint buffer, nuint length);

    private static unsafe T? LookUp<T>(Attempt<T> attempt) where T : class
    {
        for (nuint length = 4096; ; length *= 4)
        {
            void* buffer = NativeMemory.Alloc(length);
            try
            {
                (int errno, T? found) = attempt((nint)buffer, length);
                // Other numbers are a name service that fails: for the caller the account is not known.
                if (errno != ERANGE || length >= MostBytes)
                    return found;
            }
            finally
            {
                NativeMemory.Free(buffer);
            }
        }
    }

    private static unsafe HostAccountEntry ToEntry(Passwd* found)
        => new(Marshal.PtrToStringUTF8((nint)found->Name) ?? "", found->Uid, found->Gid);

    private sealed record GroupEntry(uint Gid);

    // struct passwd and struct group, glibc x86-64.
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Passwd
    {
        public byte* Name;
        public byte* Password;
        public uint Uid;
        public uint Gid;
        public byte* Gecos;
        public byte* Home;
        public byte* Shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Group
    {
        public byte* Name;
        public byte* Password;
        public uint Gid;
        public byte** Members;
    }

    [LibraryImport("libc", EntryPoint = "getpwnam_r")]
    private static unsafe partial int GetPwNamRaw(byte* name, Passwd* entry, byte* buffer, nuint length, Passwd** found);

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    private static unsafe partial int GetPwUidRaw(uint uid, Passwd* entry, byte* buffer, nuint length, Passwd** found);

    [LibraryImport("libc", EntryPoint = "getgrnam_r")]
    private static unsafe partial int GetGrNamRaw(byte* name, Group* entry, byte* buffer, nuint length, Group** found);
}
