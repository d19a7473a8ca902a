using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SYS_getpriority = 140;
    private const int SYS_sched_getscheduler = 145;
    private const int SYS_sched_getaffinity = 204;
    private const int SYS_ioprio_get = 252;
    private const int PRIO_PROCESS = 0;
    private const int IOPRIO_WHO_PROCESS = 1;
    private const int FirstMask = 128; // bytes: 1,024 CPUs
    private const int LargestMask = 8192;

    /// <summary>The CPUs that a thread may run on, bit by bit; pid 0 is the calling thread.</summary>
    /// <param name="pid">The thread; a process's number is its main thread.</param>
    /// <param name="first">How many bytes to try first: a mask shorter than the kernel's is EINVAL, and a longer one is tried.</param>
    internal static unsafe byte[] CpuAffinityOf(int pid, int first = FirstMask)
    {
        for (int size = first; ; size *= 2)
        {
            byte[] mask = new byte[size];
            fixed (byte* bytes = mask)
            {
                // The call itself, not glibc's, tells how many bytes the kernel's mask has.
                nint length = SchedulingCall(SYS_sched_getaffinity, pid, size, (nint)bytes, 0, 0, 0);
                if (length >= 0)
                    return mask[..(int)length];
            }

            if (Marshal.GetLastPInvokeError() != Errno.EINVAL || size >= LargestMask)
                throw SyscallException.FromLastError("sched_getaffinity", $"pid {pid}");
        }
    }

    /// <summary>The nice value, -20 to 19. The call itself answers 20 minus it, so that no answer looks like an error.</summary>
    internal static int NiceOf(int pid) => 20 - (int)Checked("getpriority", pid, SchedulingCall(SYS_getpriority, PRIO_PROCESS, pid, 0, 0, 0, 0));

    /// <summary>The scheduling policy, with its flag SCHED_RESET_ON_FORK.</summary>
    internal static int SchedulingPolicyOf(int pid) => (int)Checked("sched_getscheduler", pid, SchedulingCall(SYS_sched_getscheduler, pid, 0, 0, 0, 0, 0));

    /// <summary>The io priority as ioprio_set(2) takes it: class, and level within it.</summary>
    internal static int IoPriorityOf(int pid) => (int)Checked("ioprio_get", pid, SchedulingCall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid, 0, 0, 0, 0));

    private static nint Checked(string call, int pid, nint result) => result >= 0 ? result : throw SyscallException.FromLastError(call, $"pid {pid}");

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SchedulingCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
