//! An allocator that counts how much memory one thread holds at most. A test program takes it as its global allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system allocator, with a count for the watched thread.
pub struct Peak;

thread_local! {
    /// Bytes that this thread holds now and held at most since it is watched; `None` when it is not.
    static HELD: Cell<Option<(isize, isize)>> = const { Cell::new(None) };
}

fn add(bytes: isize) {
    // The thread's storage may already be gone when its last values are freed.
    let _ = HELD.try_with(|held| {
        held.set(held.get().map(|(now, most)| (now + bytes, most.max(now + bytes))));
    });
}

// SAFETY: every call goes to the system allocator unchanged; the count is a thread-local number that allocates nothing.
unsafe impl GlobalAlloc for Peak {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both blocks may be held while the content moves.
        add(size as isize);
        add(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What `body` gives, and the most memory in bytes that this thread held in it beyond what it held before.
pub fn watched<T>(body: impl FnOnce() -> T) -> (T, usize) {
    HELD.set(Some((0, 0)));
    let result = body();
    let (_, most) = HELD.take().unwrap_or_default();
    (result, most.unsigned_abs())
}
