//! Laws of textures: repeatable, as long as asked for, no part of the source for long, no seam, and near the source's statistics.

use std::collections::HashMap;

use engine::texture::{
    Judgement, MAX_CHANNELS, Reference, Source, Statistics, Tap, TextureError, Weaver, Wish, best_take, extend, texture,
};
use realfft::RealFftPlanner;

/// Longest part of the source in a texture, in seconds.
const LONGEST_COPY_S: f64 = 0.25;
/// Seeds of a hundred whose seam may stand out: 1 in 100.
const SEEDS: u64 = 100;
const SEAMS_ALLOWED: usize = 1;
/// Distance of the statistics against that of the source's halves.
const NEAR: f64 = 1.2;
/// Difference of the correlation of two channels.
const SIDES: f64 = 0.1;

struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        // Knuth's generator (MMIX).
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Noise that falls by 6 dB to the octave above 1/60 of the rate and swells slowly, with crackle.
fn crackling_noise(seconds: f64, rate_hz: u32, seed: u64) -> Vec<f32> {
    let (mut noise, mut low, mut click) = (Noise(seed), 0.0_f32, 0.0_f32);
    (0..(seconds * f64::from(rate_hz)) as usize)
        .map(|n| {
            let time_s = n as f32 / rate_hz as f32;
            low += 0.1 * (noise.next() - low);
            let starts = noise.next().abs() < 20.0 / rate_hz as f32;
            click = if starts { 0.4 * noise.next() } else { click * 0.98 };
            let swell = 1.0 + 0.4 * (time_s * 2.1).sin() * (time_s * 0.83).cos();
            0.3 * low * swell + click * noise.next()
        })
        .collect()
}

fn source(channels: usize, seconds: f64, rate_hz: u32) -> Source {
    let common = crackling_noise(seconds, rate_hz, 99);
    let channels = (0..channels).map(|channel| {
        let own = crackling_noise(seconds, rate_hz, channel as u64);
        own.iter().zip(&common).map(|(own, common)| 0.6 * own + 0.4 * common).collect()
    });
    Source::new(channels.collect(), rate_hz).expect("a recording")
}

type Make = fn(&Source, &Wish, &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<f32>>, TextureError>;

#[test]
fn results_are_as_long_as_asked_for_and_the_same_for_a_seed() {
    for (channels, rate_hz, seconds) in
        [(1, 8_000, 3.0), (2, 44_100, 2.0), (MAX_CHANNELS, 16_000, 1.0), (1, 192_000, 0.5), (2, 4_000, 0.25)]
    {
        let source = source(channels, seconds, rate_hz);
        for (make, looped) in [(texture as Make, false), (texture, true), (extend, false), (extend, true)] {
            for samples in [source.len() + 1, source.len() + 37, 3 * source.len()] {
                let made = |seed| make(&source, &Wish { samples, seed, looped }, &mut |_| true).expect("made");
                let one = made(1);
                assert_eq!(one.iter().map(Vec::len).collect::<Vec<_>>(), vec![samples; channels]);
                assert!(one.iter().flatten().all(|sample| sample.is_finite()));
                assert!(one == made(1), "the same seed");
                if samples > 2 * source.len() {
                    assert!(one != made(2), "another seed");
                }
            }
        }
        for samples in [1, 2, 100] {
            let tiny = texture(&source, &Wish { samples, seed: 1, looped: true }, &mut |_| true).expect("made");
            assert_eq!(tiny[0].len(), samples);
        }
    }
}

#[test]
fn an_extended_recording_begins_with_its_own_samples_bit_by_bit() {
    let source = source(2, 2.0, 44_100);
    for looped in [false, true] {
        let wish = Wish { samples: 4 * source.len(), seed: 5, looped };
        let made = extend(&source, &wish, &mut |_| true).expect("made");
        for (made, own) in made.iter().zip(source.channels()) {
            let same = made.iter().zip(own).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "changed");
        }
    }
}

/// Most samples in a row that are those of the source at one place.
fn longest_copy(made: &[f32], source: &[f32]) -> usize {
    let bits = |samples: &[f32]| [0, 1, 2, 3].map(|n| samples[n].to_bits());
    let places: HashMap<[u32; 4], usize> = source.windows(4).enumerate().map(|(at, four)| (bits(four), at)).collect();
    let (mut longest, mut at) = (0, 0);
    while at + 4 <= made.len() {
        let run = places
            .get(&bits(&made[at..]))
            .map_or(0, |place| made[at..].iter().zip(&source[*place..]).take_while(|(a, b)| a == b).count());
        longest = longest.max(run);
        at += run.max(1);
    }
    longest
}

#[test]
fn nothing_of_the_source_lasts_longer_than_a_quarter_of_a_second() {
    let source = source(1, 6.0, 22_050);
    for seed in 0..8 {
        let wish = Wish { samples: 20 * 22_050, seed, looped: false };
        let mut weaver = Weaver::texture(&source, &wish).expect("a texture");
        let mut made = vec![Vec::new()];
        while weaver.next_block(&mut made) {}
        let copied_s = longest_copy(&made[0], &source.channels()[0]) as f64 / 22_050.0;
        assert!(copied_s > 0.05 && copied_s <= LONGEST_COPY_S, "{copied_s} s at seed {seed}");
        for pair in weaver.pieces().windows(2) {
            let offset = |piece: &engine::texture::Piece| piece.source as i64 - piece.at as i64;
            let moved_s = (offset(&pair[0]) - offset(&pair[1])).abs() as f64 / 22_050.0;
            assert!(moved_s > 0.02, "the recording goes on at seed {seed}: {pair:?}");
        }
    }
}

/// Step of the level in third-octaves from the 46 ms before `at` to those after it, in dB, wrapping round.
fn step_db(sound: &[f32], at: usize) -> f32 {
    const SIZE: usize = 1024;
    let forward = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
    let levels = |from: usize| -> Vec<f32> {
        let window = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / SIZE as f32).cos();
        let mut time: Vec<f32> = (0..SIZE).map(|n| sound[(from + n) % sound.len()] * window(n)).collect();
        let mut bins = forward.make_output_vec();
        forward.process(&mut time, &mut bins).expect("sizes fit");
        let band = |low: f32| {
            let (low, high) = (low as usize, (low * 1.26).ceil() as usize);
            bins[low..high.min(SIZE / 2)].iter().map(|bin| bin.norm_sqr()).sum::<f32>()
        };
        (0..20).map(|third| 10.0 * (band(4.0 * 1.26_f32.powi(third)) + 1e-9).log10()).collect()
    };
    let (before, after) = (levels(at + sound.len() - SIZE), levels(at));
    before.iter().zip(&after).map(|(a, b)| (a - b).abs()).sum::<f32>() / 20.0
}

/// The 95th percentile of such steps within a sound.
fn usual_step_db(sound: &[f32]) -> f32 {
    let mut usual: Vec<f32> = (1024..sound.len() - 1024).step_by(512).map(|at| step_db(sound, at)).collect();
    usual.sort_by(f32::total_cmp);
    usual[usual.len() * 95 / 100]
}

#[test]
fn seams_of_extensions_and_loops_are_no_larger_than_most_steps_of_the_source() {
    let source = source(1, 3.0, 22_050);
    let own = &source.channels()[0];
    let limit_db = usual_step_db(own);
    let mut over = [0; 3];
    for seed in 0..SEEDS {
        let made = |make: Make, samples| {
            make(&source, &Wish { samples, seed, looped: true }, &mut |_| true).expect("made").remove(0)
        };
        let (longer, round) = (made(extend, own.len() + 30_000), made(texture, 30_000));
        let steps_db = [step_db(&longer, own.len()), step_db(&longer, 0), step_db(&round, 0)];
        over.iter_mut().zip(steps_db).for_each(|(over, step)| *over += usize::from(step > limit_db));
    }
    assert!(
        over.iter().all(|over| *over <= SEAMS_ALLOWED),
        "{over:?} of {SEEDS} above {limit_db} dB (seam, loop, loop of a texture)"
    );
}

#[test]
fn what_follows_a_fade_has_no_step_and_rises_to_the_usual_level() {
    let rate = 22_050;
    let fade: [fn(usize, usize) -> f32; 3] = [
        // A second of fade at each end, ten milliseconds, and silence.
        |at, length| (at.min(length - at) as f32 / 22_050.0).min(1.0).powi(2),
        |at, length| (at.min(length - at) as f32 / 220.0).min(1.0),
        |at, length| if at.min(length - at) < 5_000 { 0.0 } else { 1.0 },
    ];
    for (case, fade) in fade.into_iter().enumerate() {
        let mut samples = crackling_noise(6.0, rate, 5);
        let length = samples.len();
        samples.iter_mut().enumerate().for_each(|(at, sample)| *sample *= fade(at, length));
        let source = Source::new(vec![samples], rate).expect("a recording");
        let mut over = [0; 2];
        for seed in 0..10 {
            let wish = Wish { samples: length + 5 * rate as usize, seed, looped: true };
            let made = extend(&source, &wish, &mut |_| true).expect("made");
            let reference = Reference::of(&source);
            let mut tap = Tap::new(&reference, &wish, length);
            tap.take(&[made[0][..length].to_vec()]);
            tap.take(&[made[0][length..].to_vec()]);
            let figures = tap.figures(None);
            let jumps = [figures.seam, figures.loop_seam].map(|seam| seam.expect("a seam").jump);
            over.iter_mut().zip(jumps).for_each(|(over, jump)| *over += usize::from(jump > 1.0));
            let power =
                |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32;
            let (middle, own) = (length + 5 * rate as usize / 2, length / 2);
            let (new, usual) =
                (power(&made[0][middle - 11_025..middle + 11_025]), power(&made[0][own - 22_050..own + 22_050]));
            assert!(new > 0.3 * usual, "{new} against {usual} in case {case}");
        }
        assert!(over == [0; 2], "{over:?} of 10 above the source's own in case {case}");
    }
}

#[test]
fn what_follows_and_precedes_something_that_is_there_only_once_has_no_step() {
    let rate = 22_050;
    let mut samples: Vec<f32> = crackling_noise(4.0, rate, 6).iter().map(|sample| 0.1 * sample).collect();
    let length = samples.len();
    // A burst that the recording cuts off after its first 10 ms, and the last 10 ms of another.
    let mut noise = Noise(8);
    for at in 0..220 {
        samples[length - 220 + at] += 0.3 * noise.next();
        samples[at] += 0.3 * noise.next();
    }
    let source = Source::new(vec![samples], rate).expect("a recording");
    let (reference, limit_db) = (Reference::of(&source), usual_step_db(&source.channels()[0]));
    for seed in 0..10 {
        let wish = Wish { samples: length + 3 * rate as usize, seed, looped: true };
        let made = extend(&source, &wish, &mut |_| true).expect("made");
        assert!(made[0][..length] == source.channels()[0][..], "the recording itself is changed");
        let mut tap = Tap::new(&reference, &wish, length);
        tap.take(&[made[0][..length].to_vec()]);
        tap.take(&[made[0][length..].to_vec()]);
        let figures = tap.figures(None);
        let jumps = [figures.seam, figures.loop_seam].map(|seam| seam.expect("a seam").jump);
        assert!(jumps.iter().all(|jump| *jump <= 1.0), "{jumps:?} at seed {seed}");
        // The same by other bands and windows.
        let steps_db = [length, 0].map(|at| step_db(&made[0], at));
        assert!(steps_db.iter().all(|step_db| *step_db <= limit_db), "{steps_db:?} dB at seed {seed}");
    }
}

/// How far a result is above the source's own autocorrelation of the envelope and beyond the difference of the channels that is allowed.
fn beyond(reference: &Reference, source: &Source, own: usize, wish: &Wish) -> f64 {
    let make = if own > 0 { extend } else { texture };
    let made = make(source, wish, &mut |_| true).expect("made");
    let mut tap = Tap::new(reference, wish, own);
    for part in [0..own, own..wish.samples] {
        tap.take(&made.iter().map(|channel| channel[part.clone()].to_vec()).collect::<Vec<_>>());
    }
    let figures = tap.figures(None);
    let [peak, own_peak] = figures.envelope_peaks;
    (peak - own_peak).max(0.0) + (figures.channel_band_error.expect("two channels") - SIDES).max(0.0)
}

#[test]
fn the_best_take_is_nearer_than_the_first_and_the_same_for_a_seed() {
    // Even noise: what of its envelope comes again is chance, in a short result more than in a long one.
    let rate_hz = 8_000;
    let mut noise = Noise(1);
    let channels = [(); 2].map(|()| (0..6 * rate_hz).map(|_| 0.3 * noise.next()).collect());
    let source = Source::new(channels.to_vec(), rate_hz).expect("a recording");
    let reference = Reference::of(&source);
    for extends in [false, true] {
        let own = if extends { source.len() } else { 0 };
        let wish = |seconds: u32, seed| Wish { samples: own + (seconds * rate_hz) as usize, seed, looped: true };
        let best = |wish: &Wish| best_take(&reference, wish, extends, &mut |_| true).expect("a take");
        let (mut first, mut chosen) = (0.0, 0.0);
        for seed in 1..4 {
            let (wish, best_wish) = (wish(2, seed), best(&wish(2, seed)));
            assert_eq!(best_wish, best(&wish), "the same seed");
            assert_eq!((best_wish.samples, best_wish.looped), (wish.samples, wish.looped));
            let [of_first, of_chosen] = [wish, best_wish].map(|wish| beyond(&reference, &source, own, &wish));
            first += of_first;
            chosen += of_chosen;
        }
        assert!(chosen < 0.7 * first, "{chosen} instead of {first}");
        // Of a long result chance leaves little.
        assert_eq!(best_take(&reference, &wish(61, 1), extends, &mut |_| panic!("a take")), Ok(wish(61, 1)));
        let mut calls = 0;
        let stopped = best_take(&reference, &wish(2, 1), extends, &mut |part| {
            calls += 1;
            assert!((0.0..=1.0).contains(&part));
            calls < 3
        });
        assert_eq!((stopped, calls), (Err(TextureError::Cancelled), 3));
    }
}

#[test]
fn where_the_halves_of_a_recording_are_the_same_there_is_no_ratio() {
    let source = Source::new(vec![vec![0.5; 32_000]], 8_000).expect("a recording");
    let wish = Wish { samples: 40_000, seed: 1, looped: false };
    let reference = Reference::of(&source);
    let mut tap = Tap::new(&reference, &wish, 0);
    tap.take(&texture(&source, &wish, &mut |_| true).expect("made"));
    assert_eq!(tap.figures(None).ratio(), None);
}

#[test]
fn statistics_and_the_relation_of_channels_stay_near() {
    let source = source(2, 10.0, 22_050);
    let reference = Reference::of(&source);
    for seed in 1..4 {
        let wish = Wish { samples: 15 * 22_050, seed, looped: false };
        let made = texture(&source, &wish, &mut |_| true).expect("made");
        let mut tap = Tap::new(&reference, &wish, 0);
        tap.take(&made);
        let figures = tap.figures(None);
        assert!(figures.ratio().is_some_and(|ratio| ratio < NEAR), "{figures:?}");
        assert!(figures.channel_correlation_error.is_some_and(|error| error < SIDES), "{figures:?}");
        assert!(figures.channel_band_error.is_some_and(|error| error < SIDES), "{figures:?}");
        // White noise is farther away than the halves of the source.
        let mut noise = Noise(seed);
        let white: Vec<f32> = (0..5 * 22_050).map(|_| noise.next()).collect();
        let of = |samples: &[f32]| Statistics::of(samples, 22_050);
        let far: f64 = of(&source.channels()[0]).distances(&of(&white)).iter().sum();
        assert!(far > 3.0 * figures.halves.iter().sum::<f64>(), "{far}");
    }
}

#[test]
fn work_and_memory_of_a_step_are_bounded_and_it_can_be_cancelled() {
    let source = source(1, 2.0, 44_100);
    let wish = Wish { samples: 60 * 44_100, seed: 1, looped: true };
    for mut weaver in [Weaver::texture(&source, &wish).expect("made"), Weaver::extend(&source, &wish).expect("made")] {
        let mut block = vec![Vec::new()];
        while weaver.next_block(&mut block) {
            assert!(!block[0].is_empty() && block[0].len() <= 65_536, "{}", block[0].len());
            block[0].clear();
        }
    }
    let mut calls = 0;
    let stopped = texture(&source, &wish, &mut |done| {
        calls += 1;
        assert!((0.0..=1.0).contains(&done));
        calls < 3
    });
    assert_eq!((stopped, calls), (Err(TextureError::Cancelled), 3));
}

#[test]
fn what_cannot_be_continued_gets_one_line() {
    let noise = crackling_noise(1.0, 8_000, 1);
    let refused = |channels: Vec<Vec<f32>>, rate_hz| Source::new(channels, rate_hz).expect_err("refused").to_string();
    assert_eq!(
        refused(vec![noise[..800].to_vec()], 8_000),
        "the recording lasts 0.10 s; a texture is made of at least 0.25 s"
    );
    assert_eq!(
        refused(vec![vec![0.0; 8_000]], 8_000),
        "the recording is silent throughout, so there is nothing to continue"
    );
    assert_eq!(
        refused(vec![noise.clone(); 9], 8_000),
        "the recording has 9 channels; 1 to 8 of equal length are continued"
    );
    assert_eq!(refused(vec![], 8_000), "the recording has 0 channels; 1 to 8 of equal length are continued");
    assert_eq!(refused(vec![vec![f32::NAN; 8_000]], 8_000), "the recording holds a value that is not a finite number");
    assert_eq!(refused(vec![noise.clone()], 100), "a sample rate of 100 Hz is outside 4000 to 768000 Hz");
    let source = Source::new(vec![noise], 8_000).expect("a recording");
    let wish = |samples| Wish { samples, seed: 1, looped: false };
    let none = texture(&source, &wish(0), &mut |_| true).expect_err("refused").to_string();
    assert_eq!(none, "a texture of no samples cannot be made; ask for a longer one");
    let shorter = extend(&source, &wish(8_000), &mut |_| true).expect_err("refused").to_string();
    assert_eq!(shorter, "the recording lasts 1.00 s already, and 1.00 s are asked for; ask for more");
}

#[test]
fn odd_recordings_give_finite_results_within_their_range() {
    let click: Vec<f32> = (0..16_000).map(|n| if n == 7_000 { 1.0 } else { 0.0 }).collect();
    let clipped: Vec<f32> =
        crackling_noise(2.0, 8_000, 3).iter().map(|sample| (100.0 * sample).clamp(-1.0, 1.0)).collect();
    for (name, samples) in [("click", click), ("clipped", clipped), ("dc", vec![0.5; 16_000])] {
        let source = Source::new(vec![samples], 8_000).expect(name);
        for (make, looped) in [(texture as Make, true), (extend, true), (extend, false)] {
            let made = make(&source, &Wish { samples: 40_000, seed: 1, looped }, &mut |_| true).expect(name);
            assert!(made[0].iter().all(|sample| sample.abs() <= 1.0), "{name}");
        }
    }
}

#[test]
fn music_and_single_events_are_told_from_textures() {
    let rate_hz = 22_050;
    let judged =
        |samples: Vec<f32>| Judgement::of(&Source::new(vec![samples], rate_hz).expect("a recording")).warning();
    assert_eq!(judged(crackling_noise(6.0, rate_hz, 1)), None);
    let keys = [60, 64, 67, 72, 65, 69, 62, 71];
    let melody = (0..6 * rate_hz as usize).map(|n| {
        let time_s = n as f32 / rate_hz as f32;
        let key = keys[(time_s / 0.4) as usize % keys.len()] as f32;
        0.3 * (time_s * 440.0 * ((key - 69.0) / 12.0).exp2() * std::f32::consts::TAU).sin()
    });
    assert!(judged(melody.collect()).is_some_and(|warning| warning.contains("tonal music")));
    let mut noise = Noise(3);
    let drums = (0..8 * rate_hz as usize).map(|n| {
        let since_beat_s = (n as f32 / rate_hz as f32) % 0.5;
        0.5 * noise.next() * (-12.0 * since_beat_s).exp()
    });
    assert!(judged(drums.collect()).is_some_and(|warning| warning.contains("a beat")));
    let mut click = vec![0.0; 40_000];
    click[20_000] = 1.0;
    assert!(judged(click).is_some_and(|warning| warning.contains("single events")));
}
