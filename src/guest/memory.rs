//! Memory in small pieces, which are most of what a call asks for: from lists of free ones, by
//! size. Only what is larger goes to the system's allocator, which in WASI took a tenth of a call.
//!
//! A free piece is used again for what is of its size and never given back, so an instance that
//! answers many calls holds no more than the largest of them needed of each size.

#![expect(unsafe_code, reason = "an allocator deals in raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

#[global_allocator]
static MEMORY: Memory = Memory {
    free: [const { Cell::new(ptr::null_mut()) }; SIZES],
    fresh: Cell::new(ptr::null_mut()),
    left: Cell::new(0),
};

/// Sizes are powers of two, from 16 bytes on; all pieces are aligned to that.
const LEAST: usize = 16;
const SIZES: usize = 9;
const MOST: usize = LEAST << (SIZES - 1);

/// What is taken from the system at a time.
const SLAB: usize = 8 * MOST;

struct Memory {
    /// The first free piece of each size. The first bytes of a free piece are the pointer to the
    /// next.
    free: [Cell<*mut u8>; SIZES],
    /// What is left of the newest slab.
    fresh: Cell<*mut u8>,
    left: Cell<usize>,
}

// SAFETY: this target has no threads.
unsafe impl Sync for Memory {}

impl Memory {
    /// The free pieces that such a layout takes one of, and their size; none if it is too large.
    fn pieces(&self, layout: Layout) -> Option<(&Cell<*mut u8>, usize)> {
        if layout.align() > LEAST || layout.size() > MOST {
            return None;
        }
        let size = layout.size().max(LEAST).next_power_of_two();
        let free = self.free.get((size / LEAST).trailing_zeros() as usize)?;
        Some((free, size))
    }

    /// A piece that was never used, or null if there is no memory.
    #[cold]
    fn fresh(&self, size: usize) -> *mut u8 {
        if self.left.get() < size {
            // SAFETY: neither is zero, and the alignment is a power of two.
            let slab = unsafe { System.alloc(Layout::from_size_align_unchecked(SLAB, LEAST)) };
            if slab.is_null() {
                return slab;
            }
            self.fresh.set(slab);
            self.left.set(SLAB);
        }
        let piece = self.fresh.get();
        self.left.update(|left| left - size);
        // SAFETY: so much was left of the slab.
        self.fresh.set(unsafe { piece.add(size) });
        piece
    }
}

// SAFETY: a piece is on one list, or in one use, and is as large and as aligned as every layout
// that is mapped to its size; the same layout is mapped to the same size when it comes back.
// One copy of each: in every caller they would take 25 kB.
unsafe impl GlobalAlloc for Memory {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((free, size)) = self.pieces(layout) else {
            // SAFETY: as promised to this function.
            return unsafe { System.alloc(layout) };
        };
        let piece = free.get();
        if piece.is_null() {
            return self.fresh(size);
        }
        // SAFETY: a free piece begins with a pointer, for which it is aligned.
        free.set(unsafe { piece.cast::<*mut u8>().read() });
        piece
    }

    #[inline(never)]
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        let Some((free, _)) = self.pieces(layout) else {
            // SAFETY: as promised to this function; it came from there.
            return unsafe { System.dealloc(piece, layout) };
        };
        // SAFETY: the piece is nobody's now, and holds a pointer at least.
        unsafe { piece.cast::<*mut u8>().write(free.get()) };
        free.set(piece);
    }

    #[inline(never)]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as promised to this function.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.pieces(layout), self.pieces(new)) {
            (Some((_, had)), Some((_, wanted))) if had == wanted => piece,
            // SAFETY: as promised to this function; it came from there.
            (None, None) => unsafe { System.realloc(piece, layout, size) },
            // SAFETY: as promised to this function; the two do not overlap.
            _ => unsafe {
                let grown = self.alloc(new);
                if !grown.is_null() {
                    ptr::copy_nonoverlapping(piece, grown, layout.size().min(size));
                    self.dealloc(piece, layout);
                }
                grown
            },
        }
    }
}
