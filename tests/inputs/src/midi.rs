//! Standard MIDI Files, made in memory.

/// A message with the tick at which it is.
pub type Timed = (u32, Vec<u8>);

/// A note-on of a channel.
#[must_use]
pub fn on(tick: u32, channel: u8, key: u8, velocity: u8) -> Timed {
    (tick, vec![0x90 | channel, key, velocity])
}

/// A note-off of a channel.
#[must_use]
pub fn off(tick: u32, channel: u8, key: u8) -> Timed {
    (tick, vec![0x80 | channel, key, 64])
}

/// A controller of a channel.
#[must_use]
pub fn controller(tick: u32, channel: u8, number: u8, value: u8) -> Timed {
    (tick, vec![0xb0 | channel, number, value])
}

/// A tempo in microseconds of a quarter note, of which 24 bits are kept.
#[must_use]
pub fn tempo(tick: u32, quarter_us: u32) -> Timed {
    let [_, a, b, c] = quarter_us.to_be_bytes();
    (tick, vec![0xff, 0x51, 3, a, b, c])
}

/// A file of `kind` 0, 1 or 2 with these tracks, each sorted by tick, and the division as it stands in the header.
#[must_use]
pub fn file(kind: u16, division: u16, tracks: &[Vec<Timed>]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06".to_vec();
    for number in [kind, tracks.len() as u16, division] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(tracks.iter().flat_map(|track| chunk(&track_bytes(track))));
    bytes
}

/// A track chunk.
#[must_use]
pub fn chunk(content: &[u8]) -> Vec<u8> {
    [b"MTrk", &(content.len() as u32).to_be_bytes()[..], content].concat()
}

/// All tracks in one, by tick; at the same tick in the order of the tracks.
#[must_use]
pub fn merged(tracks: &[Vec<Timed>]) -> Vec<Timed> {
    let mut all = tracks.concat();
    all.sort_by_key(|(tick, _)| *tick);
    all
}

fn track_bytes(track: &[Timed]) -> Vec<u8> {
    let (mut bytes, mut now) = (Vec::new(), 0);
    for (tick, message) in track {
        bytes.extend(variable(tick - now));
        bytes.extend(message);
        now = *tick;
    }
    bytes.extend([0, 0xff, 0x2f, 0]);
    bytes
}

/// A number in groups of seven bits, the highest first.
fn variable(number: u32) -> Vec<u8> {
    let groups = (0..5).rev().map(|place| (number >> (7 * place)) as u8 & 0x7f);
    let mut bytes: Vec<u8> = groups.skip_while(|group| *group == 0).map(|group| group | 0x80).collect();
    match bytes.last_mut() {
        Some(last) => *last &= 0x7f,
        None => bytes.push(0),
    }
    bytes
}
