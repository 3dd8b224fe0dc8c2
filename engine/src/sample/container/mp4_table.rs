//! Where the packets of an MP4 track lie: sizes, packets of each chunk, places of chunks. Worker and main threads only.
//!
//! The tables are read as the packets are, and only as far as they are there: what they claim takes no memory.

use crate::sample::bytes::Endian;

/// Place and size of packet after packet.
pub(super) struct Table {
    /// Bytes of each packet, or 0 where `sizes` has them.
    size: u64,
    sizes: Vec<u8>,
    left: u64,
    packet: usize,
    /// First chunk, packets of a chunk, and a description, in twelve bytes for each run of chunks.
    runs: Vec<u8>,
    run: usize,
    places: Vec<u8>,
    place_bytes: usize,
    chunk: usize,
    left_in_chunk: u64,
    at: u64,
}

impl Table {
    /// From the tables of a track's samples.
    pub fn new(samples: &[u8]) -> Self {
        let content = |tag: &[u8; 4]| find(samples, tag).unwrap_or_default();
        let sizes = content(b"stsz");
        let size = u64::from(Endian::Big.u32(sizes, 4));
        let count = u64::from(Endian::Big.u32(sizes, 8));
        let sizes = sizes.get(12..).unwrap_or_default().to_vec();
        let (places, place_bytes) = match find(samples, b"co64") {
            Some(places) => (places, 8),
            None => (content(b"stco"), 4),
        };
        let places = places.get(8..).unwrap_or_default().to_vec();
        let runs = content(b"stsc").get(8..).unwrap_or_default().to_vec();
        let left = if size > 0 { count } else { count.min(sizes.len() as u64 / 4) };
        Self { size, sizes, left, packet: 0, runs, run: 0, places, place_bytes, chunk: 0, left_in_chunk: 0, at: 0 }
    }

    /// Whether there are no packets in it.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Goes to the beginning of the next chunk that has packets.
    fn next_chunk(&mut self) -> Option<()> {
        while self.left_in_chunk == 0 {
            let at = self.chunk * self.place_bytes;
            let place = self.places.get(at..at + self.place_bytes)?;
            self.at = match self.place_bytes {
                8 => Endian::Big.number::<8>(place, 0),
                _ => Endian::Big.number::<4>(place, 0),
            };
            self.chunk += 1;
            // Chunks count from 1.
            while self.run_start(self.run + 1).is_some_and(|start| start <= self.chunk as u64) {
                self.run += 1;
            }
            self.run_start(self.run)?;
            self.left_in_chunk = u64::from(Endian::Big.u32(&self.runs, 12 * self.run + 4));
        }
        Some(())
    }

    fn run_start(&self, run: usize) -> Option<u64> {
        let run = self.runs.get(12 * run..12 * run + 12)?;
        Some(u64::from(Endian::Big.u32(run, 0)))
    }
}

impl Iterator for Table {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        self.left = self.left.checked_sub(1)?;
        self.next_chunk()?;
        let size = if self.size > 0 { self.size } else { u64::from(Endian::Big.u32(&self.sizes, 4 * self.packet)) };
        self.packet += 1;
        self.left_in_chunk -= 1;
        let at = self.at;
        self.at = at.checked_add(size)?;
        Some((at, size))
    }
}

/// Sum of the durations of a track's packets, in ticks of its media.
pub(super) fn duration(samples: &[u8]) -> u64 {
    let runs = find(samples, b"stts").and_then(|runs| runs.get(8..)).unwrap_or_default();
    let ticks = runs.chunks_exact(8).map(|run| u64::from(Endian::Big.u32(run, 0)) * u64::from(Endian::Big.u32(run, 4)));
    ticks.fold(0, u64::saturating_add)
}

/// The content of a table, as far as it is there.
fn find<'a>(mut samples: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    loop {
        let size = (Endian::Big.u32(samples, 0) as usize).clamp(8, samples.len().max(8));
        let content = samples.get(8..size)?;
        if samples.get(4..8) == Some(wanted) {
            return Some(content);
        }
        samples = samples.get(size..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(tag: &[u8; 4], numbers: &[u32]) -> Vec<u8> {
        let body: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        [&(8 + body.len() as u32).to_be_bytes()[..], tag, &body].concat()
    }

    fn samples(sizes: &[u32], runs: &[u32], places: &[u32]) -> Vec<u8> {
        let counted = |count: usize, numbers: &[u32]| [&[0, count as u32], numbers].concat();
        [
            table(b"stsz", &[&[0, 0, sizes.len() as u32], sizes].concat()),
            table(b"stsc", &counted(runs.len() / 3, runs)),
            table(b"stco", &counted(places.len(), places)),
        ]
        .concat()
    }

    #[test]
    fn packets_lie_in_runs_of_chunks() {
        let samples = samples(&[10, 20, 30, 40, 50], &[1, 2, 1, 3, 1, 1], &[100, 300, 500]);
        let places: Vec<_> = Table::new(&samples).collect();
        assert_eq!(places, [(100, 10), (110, 20), (300, 30), (330, 40), (500, 50)]);
    }

    #[test]
    fn tables_that_claim_more_than_they_hold_end() {
        let mut lying = samples(&[10, 20], &[1, u32::MAX, 1], &[100]);
        lying[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(Table::new(&lying).count(), 2);
        assert_eq!(Table::new(&samples(&[10, 20], &[], &[100])).count(), 0);
        assert_eq!(Table::new(&samples(&[10, 20], &[1, 0, 1], &[100])).count(), 0);
        assert!(Table::new(&[]).is_empty());
        assert_eq!(duration(&table(b"stts", &[0, 2, 3, 1024, 1, 512])), 3 * 1024 + 512);
    }
}
