//! Bytes at rest: size-classed blocks in 64 KiB pages, and runs of pages for what is larger.
use alloc::{boxed::Box, vec, vec::Vec};

/// Where a block is: page and offset. Never 2^32 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle(u32);

impl Handle {
    pub const NONE: Handle = Handle(u32::MAX);

    pub fn is_none(self) -> bool {
        self == Handle::NONE
    }

    pub const fn to_u32(self) -> u32 {
        self.0
    }

    pub const fn from_u32(word: u32) -> Handle {
        Handle(word)
    }
}

impl Default for Handle {
    fn default() -> Handle {
        Handle::NONE
    }
}

const PAGE: usize = 64 * 1024;
/// 208: a state of 200 bytes and its length. Multiples of 16.
const CLASSES: [u16; 12] = [16, 32, 48, 64, 96, 128, 208, 256, 384, 512, 1_024, 2_048];
const LARGE: u8 = u8::MAX;

pub(crate) struct Slab {
    pages: Vec<Page>,
    /// Per class: newest freed block, threaded through their first four bytes.
    free: [Handle; CLASSES.len()],
    /// Per class: the page being filled and how far.
    bump: [Option<(u32, u32)>; CLASSES.len()],
    /// Places in `pages` whose large block was given back to the allocator.
    vacant: Vec<u32>,
}

struct Page {
    class: u8,
    /// One page for a class; for a large block as many bytes as it asked for; empty when vacant.
    bytes: Box<[u8]>,
}

impl Default for Slab {
    fn default() -> Slab {
        Slab { pages: Vec::new(), free: [Handle::NONE; CLASSES.len()], bump: [None; CLASSES.len()], vacant: Vec::new() }
    }
}

impl Slab {
    /// A block of at least `length` bytes, contents unspecified.
    pub fn take(&mut self, length: usize) -> Handle {
        let Some(class) = class_of(length) else {
            return self.take_large(length);
        };
        let freed = self.free[class];
        if !freed.is_none() {
            self.free[class] = Handle(word(self.block(freed), 0));
            return freed;
        }
        let size = u32::from(CLASSES[class]);
        let (page, at) = match self.bump[class] {
            Some((page, at)) if at + size <= PAGE as u32 => (page, at),
            _ => (self.add_page(class as u8, PAGE), 0),
        };
        self.bump[class] = Some((page, at + size));
        Handle(page << 16 | at)
    }

    pub fn give_back(&mut self, handle: Handle) {
        let page = handle.0 >> 16;
        let class = self.pages[page as usize].class;
        if class == LARGE {
            self.pages[page as usize].bytes = Box::default();
            self.vacant.push(page);
        } else {
            let next = self.free[usize::from(class)];
            put_word(self.block_mut(handle), 0, next.0);
            self.free[usize::from(class)] = handle;
        }
    }

    /// The whole block, which may be longer than what was asked for.
    pub fn block(&self, handle: Handle) -> &[u8] {
        let page = &self.pages[(handle.0 >> 16) as usize];
        let at = (handle.0 & 0xFFFF) as usize;
        if page.class == LARGE { &page.bytes } else { &page.bytes[at..at + usize::from(CLASSES[usize::from(page.class)])] }
    }

    pub fn block_mut(&mut self, handle: Handle) -> &mut [u8] {
        let page = &mut self.pages[(handle.0 >> 16) as usize];
        let at = (handle.0 & 0xFFFF) as usize;
        if page.class == LARGE { &mut page.bytes } else { &mut page.bytes[at..at + usize::from(CLASSES[usize::from(page.class)])] }
    }

    /// Bytes taken from the allocator.
    #[cfg(test)]
    pub fn footprint(&self) -> usize {
        self.pages.iter().map(|page| page.bytes.len()).sum()
    }

    fn take_large(&mut self, length: usize) -> Handle {
        Handle(self.add_page(LARGE, length) << 16)
    }

    fn add_page(&mut self, class: u8, length: usize) -> u32 {
        let page = Page { class, bytes: vec![0; length].into_boxed_slice() };
        if let Some(at) = self.vacant.pop() {
            self.pages[at as usize] = page;
            return at;
        }
        // Limit: 65,535 pages are 4 GiB of small blocks, which is all a wasm memory has. The last number is `NONE`'s.
        assert!(self.pages.len() < 0xFFFF, "the slab is full");
        self.pages.push(page);
        (self.pages.len() - 1) as u32
    }
}

fn class_of(length: usize) -> Option<usize> {
    CLASSES.iter().position(|size| length <= usize::from(*size))
}

#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("a slice of four"))
}

pub(crate) fn put_word(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_freed_block_is_the_next_one_of_its_class() {
        let mut slab = Slab::default();
        let first = slab.take(200);
        assert_eq!(slab.block(first).len(), 208);
        slab.give_back(first);
        assert_eq!(slab.take(193), first);
    }

    #[test]
    fn a_large_block_is_its_own_run_and_returns_its_memory() {
        let mut slab = Slab::default();
        let small = slab.take(10);
        let before = slab.footprint();
        let large = slab.take(5_000_000);
        slab.block_mut(large)[4_999_999] = 7;
        assert_eq!(slab.block(large).len(), 5_000_000);
        slab.give_back(large);
        assert_eq!(slab.footprint(), before);
        assert_eq!(slab.block(small).len(), 16);
        assert_eq!(slab.take(3_000), large);
    }

    proptest! {
        #[test]
        fn blocks_keep_their_bytes_whatever_comes_and_goes(script in proptest::collection::vec((0usize..12, 0usize..70_000, any::<bool>()), 0..60)) {
            let mut slab = Slab::default();
            let mut model: Vec<(Handle, usize, u8)> = Vec::new();
            for (n, (at, length, take)) in script.into_iter().enumerate() {
                if take {
                    let length = if at < 9 { length % 2_500 } else { length };
                    let handle = slab.take(length);
                    slab.block_mut(handle)[..length].fill(n as u8);
                    model.push((handle, length, n as u8));
                } else if at < model.len() {
                    slab.give_back(model.remove(at).0);
                }
                for (handle, length, fill) in &model {
                    prop_assert!(slab.block(*handle)[..*length].iter().all(|byte| byte == fill));
                }
            }
        }
    }
}
