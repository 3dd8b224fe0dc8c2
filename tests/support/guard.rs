//! An allocator that counts what one thread allocates and frees. A test program takes it as its global allocator.
//!
//! With the feature `rtsan`, the real-time sanitizer ends the program at the first call of the guarded thread that may wait: of the allocator,
//! of a lock of the C library, of the system.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system allocator, with a count for the guarded thread.
pub struct Guard;

thread_local! {
    /// Allocations, reallocations and frees of this thread while it is guarded; `None` when it is not.
    static COUNT: Cell<Option<u64>> = const { Cell::new(None) };
}

fn count_one() {
    // The thread's storage may already be gone when its last values are freed.
    let _ = COUNT.try_with(|count| count.set(count.get().map(|count| count + 1)));
}

// SAFETY: every call goes to the system allocator unchanged; the count is a thread-local number that allocates nothing.
unsafe impl GlobalAlloc for Guard {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count_one();
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_one();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Allocations and frees of `body` on this thread, which is the audio thread for its time.
pub fn guarded(body: impl FnOnce()) -> u64 {
    counted(|| {
        #[cfg(feature = "rtsan")]
        let _sanitized = rtsan_standalone::ScopedSanitizeRealtime::default();
        body();
    })
}

/// Allocations and frees of `body` on this thread, whatever thread it stands for.
pub fn counted(body: impl FnOnce()) -> u64 {
    COUNT.set(Some(0));
    body();
    COUNT.take().unwrap_or(0)
}
