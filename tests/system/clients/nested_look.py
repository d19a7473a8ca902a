"""Tries each way to look below what covers a place of a room; prints the places as they are seen, and where something else came to be seen.

Usage: nested_look.py PLACE...
"""
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
MS_BIND, MS_MOVE, MS_REC, MNT_DETACH, OPEN_TREE_CLONE, AT_RECURSIVE = 4096, 8192, 16384, 2, 1, 0x8000
places = {place: sorted(os.listdir(place)) for place in sys.argv[1:]}
for place, seen in places.items():
    print(place + ":", seen)
def look(what, at, place):
    if sorted(os.listdir(at)) != places[place]: print(what, place, os.listdir(at))
for place in places:
    above, name = os.path.split(place)
    for flags in (0, MNT_DETACH):
        libc.umount2(place.encode(), flags)
        look("umount", place, place)
    if libc.mount(place.encode(), b"/mnt", None, MS_MOVE, None) == 0: print("move", place)
    look("move", place, place)
    for flags in (0, AT_RECURSIVE):
        tree = libc.syscall(428, -100, above.encode(), OPEN_TREE_CLONE | flags)
        if tree >= 0: look("open_tree", f"/proc/self/fd/{tree}/{name}", place)
    for flags in (MS_BIND, MS_BIND | MS_REC):
        if libc.mount(above.encode(), b"/mnt", None, flags, None) == 0:
            libc.umount2(("/mnt/" + name).encode(), MNT_DETACH)
            look("bind", "/mnt/" + name, place)
            libc.umount2(b"/mnt", MNT_DETACH)
    if libc.mount(b"none", b"/mnt", b"overlay", 0, f"lowerdir={above}:/usr".encode()) == 0:
        look("overlay", "/mnt/" + name, place)
        libc.umount2(b"/mnt", MNT_DETACH)
if libc.mount(None, b"/", None, 32 | MS_BIND, None) == 0: print("the host's tree is writable")
print("done")
