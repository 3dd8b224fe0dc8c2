//! Damaged files of every container: none ends the process, takes long, or takes memory that its size does not justify.
//!
//! The files of `fixtures/audio` are changed at random places, with seeds, so that a failure repeats. The suite tries a few thousand of each;
//! `HEPTODE_FUZZ=100000 cargo test --release -p tests --test fuzz_files -- --nocapture` tries more, and says what the worst of them took.
//! `HEPTODE_FUZZ_KEEP=FOLDER` keeps the worst files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cpu_time::ThreadTime;
use engine::sample;
use support::Random;
use support::peak::{Peak, watched};
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: Peak = Peak;

/// Changed files of each container that the suite tries.
const FEW: usize = 2_000;
/// Longest time that one file may take: a bound on endless loops, a thousand times what an intact one takes.
const LONGEST: Duration = Duration::from_secs(1);
/// Most memory that one file may take: so many times its size, and so many bytes beside.
const SIZES: usize = 4;
const BESIDE_BYTES: usize = 16 << 20;
/// Numbers that sizes and counts are set to, beside random ones.
const NUMBERS: [u32; 8] = [0, 1, 2, 0x7f, 0xff, 0x7fff_ffff, 0x8000_0000, u32::MAX];

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// A file with a few places changed, and sometimes cut, doubled or mixed with itself.
fn changed(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    // Headers are where damage does most; every other file is changed there alone.
    let reach = if random.below(2) == 0 { bytes.len().min(128) } else { bytes.len() };
    for _ in 0..=random.below(5) {
        let at = random.below(reach);
        match random.below(4) {
            0 => bytes[at] = random.below(256) as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => put(&mut bytes, at, NUMBERS[random.below(NUMBERS.len())], random.below(2) == 0),
            _ => put(&mut bytes, at, random.below(2 * original.len()) as u32, random.below(2) == 0),
        }
    }
    let (from, to, count) = (random.below(reach), random.below(reach), random.below(64));
    match random.below(12) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 => drop(bytes.drain(from..(from + count).min(original.len()))),
        2 => {
            let part = bytes[from..(from + count).min(bytes.len())].to_vec();
            bytes.splice(to..to, part);
        }
        _ => {}
    }
    // Without this no change within a page of Ogg would be read.
    if bytes.starts_with(b"OggS") && random.below(4) > 0 {
        check_pages(&mut bytes);
    }
    bytes
}

fn put(bytes: &mut [u8], at: usize, number: u32, is_big: bool) {
    let number = if is_big { number.to_be_bytes() } else { number.to_le_bytes() };
    for (byte, new) in bytes.iter_mut().skip(at).zip(number) {
        *byte = new;
    }
}

/// Writes the right checksums into the pages of an Ogg file, as RFC 3533 describes them.
fn check_pages(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 27).filter(|head| head.starts_with(b"OggS")) {
        let segments = usize::from(head[26]);
        let Some(sizes) = bytes.get(at + 27..at + 27 + segments) else { return };
        let end = at + 27 + segments + sizes.iter().map(|size| usize::from(*size)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else { return };
        page[22..26].fill(0);
        let sum = page.iter().fold(0u32, |sum, byte| {
            (0..8).fold(
                sum ^ u32::from(*byte) << 24,
                |sum, _| if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 },
            )
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
}

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/audio");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// What the changed files of one container took at most.
#[derive(Default)]
struct Worst {
    read: usize,
    memory_bytes: usize,
    time: Duration,
}

fn try_changed(original: &Path, count: usize, folder: &Path) -> Worst {
    let intact = std::fs::read(original).expect("a file of the corpus");
    let name = original.file_name().expect("a name").display();
    let keep = std::env::var_os("HEPTODE_FUZZ_KEEP").map(PathBuf::from);
    let mut worst = Worst::default();
    for seed in 0..count as u64 {
        let bytes = changed(&intact, &mut Random::new(seed));
        // A file system writes a file out that is written anew under its old name.
        let path = folder.join(format!("{seed}-{name}"));
        std::fs::write(&path, &bytes).expect("the file is written");
        let started = ThreadTime::now();
        let (result, memory_bytes) = watched(|| sample::read(&path));
        let time = started.elapsed();
        std::fs::remove_file(&path).expect("the file is there");
        let is_worst = memory_bytes > worst.memory_bytes || time > worst.time;
        if let Some(folder) = keep.as_ref().filter(|_| is_worst && seed > 0) {
            std::fs::write(folder.join(format!("{seed}-{name}")), &bytes).expect("it is kept");
        }
        worst.memory_bytes = worst.memory_bytes.max(memory_bytes);
        worst.time = worst.time.max(time);
        let most_bytes = SIZES * bytes.len() + BESIDE_BYTES;
        assert!(memory_bytes <= most_bytes, "{name}, seed {seed}: {memory_bytes} bytes for a file of {}", bytes.len());
        assert!(time <= LONGEST, "{name}, seed {seed}: {time:?}");
        match result {
            Ok(recording) => {
                worst.read += 1;
                assert!(recording.samples.iter().all(|value| value.is_finite()), "{name}, seed {seed}");
                assert!(recording.root_key.is_none_or(|key| (0.0..=128.0).contains(&key)), "{name}, seed {seed}");
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{name}, seed {seed}: {error}"),
        }
    }
    worst
}

/// What a panic says.
fn text(problem: &(dyn std::any::Any + Send)) -> &str {
    problem.downcast_ref::<String>().map_or("a panic without a text", String::as_str)
}

#[test]
fn damaged_files_of_every_container_are_read_or_refused_within_bounds() {
    let count = std::env::var("HEPTODE_FUZZ").map_or(FEW, |count| count.parse().expect("a number of files"));
    let folder = TempDir::new().expect("a folder");
    // Panics of decoders are caught by the reader; their texts would fill the log.
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }));
    let files = corpus();
    let worst = std::panic::catch_unwind(|| {
        files.iter().map(|file| try_changed(file, count, folder.path())).collect::<Vec<_>>()
    });
    drop(std::panic::take_hook());
    let worst = worst.unwrap_or_else(|problem| panic!("{}", text(&*problem)));
    for (file, worst) in files.iter().zip(&worst) {
        let name = file.file_name().expect("a name").display();
        println!("{name}: {count} files, {} read, at most {} bytes, {:?}", worst.read, worst.memory_bytes, worst.time);
        assert!(worst.read > count / 100, "{name}: nearly all are refused, so hardly anything is tried");
    }
    println!("{} panics of decoders were caught", PANICS.load(Ordering::Relaxed));
    assert!(files.len() >= 15, "{} files are in the corpus", files.len());
}
