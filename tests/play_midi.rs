//! Laws of MIDI files: what is read of them, when it is played, and that it is what the synth plays of the same events.

use engine::audio::{Event, EventKind};
use engine::midi::{ChannelMessage, MAX_FILE_BYTES, MidiError, Part, Performance, Song, TAIL_SECONDS};
use engine::params::{ControllerMap, ParamId};
use inputs::midi::{Timed, chunk, controller, file, merged, off, on, tempo};
use support::Random;
use support::fake::{Rig, Sort, Timbre};
use support::script::{BLOCK_SIZES, Script, point};
use support::song::played;

const RATE_HZ: u32 = 48_000;
/// A message lies at the sample nearest to its time.
const TIMING_TOLERANCE_SAMPLES: f64 = 0.5 + 1e-6;

/// Notes, a pedal, a wheel and pressure on two channels, under three tempos.
fn tracks() -> Vec<Vec<Timed>> {
    let tempos = vec![tempo(0, 400_000), tempo(300, 250_000), tempo(700, 700_001)];
    let mut first: Vec<Timed> =
        (0..12).flat_map(|n| [on(n * 90, 0, 55 + n as u8, 100), off(n * 90 + 70, 0, 55 + n as u8)]).collect();
    first.extend([
        controller(100, 0, 64, 127),
        controller(400, 0, 64, 0),
        (500, vec![0xc0, 12]),
        (510, vec![0xd0, 77]),
    ]);
    first.sort_by_key(|(tick, _)| *tick);
    let second = vec![
        controller(0, 1, 101, 0),
        controller(0, 1, 100, 0),
        controller(0, 1, 6, 12),
        on(0, 1, 40, 90),
        (250, vec![0xe1, 0x11, 0x70]),
        (260, vec![0xa1, 40, 60]),
        off(620, 1, 40),
    ];
    vec![tempos, first, second]
}

fn song() -> Song {
    Song::parse(&file(1, 96, &tracks())).expect("a good file")
}

fn part(sort: Sort, timbre: Timbre) -> (Part, impl Sized) {
    let Rig { synth, instance, .. } = Rig::of_sort(sort, timbre, RATE_HZ as f32);
    (Part::new(synth, point(0.4)), instance)
}

#[test]
fn a_song_is_bit_identical_to_the_synth_with_the_same_events_at_every_block_size() {
    let song = song();
    let (melodic, _instance) = part(Sort::Stereo, Timbre::Sine);
    let sides = played(Performance::new(&song, RATE_HZ, melodic));
    let length = sides[0].len();
    assert!(sides[0].iter().any(|sample| sample.abs() > 0.01) && length > 48_000);
    let at = |tick| song.tempo.sample_at(tick, RATE_HZ) as usize;
    let events: Vec<(usize, EventKind)> =
        song.events.iter().map(|event| (at(event.tick), event.message.event(event.channel))).collect();
    for block in BLOCK_SIZES {
        let mut rig = Rig::of_sort(Sort::Stereo, Timbre::Sine, RATE_HZ as f32);
        rig.synth.set_offline(true);
        rig.synth.reset();
        let directly = Script::still(point(0.4), events.clone(), length).play_stereo(&mut rig.synth, block);
        assert!(directly == sides, "blocks of {block}");
        assert!(rig.synth.is_idle(), "the song ends with its last note");
    }
}

#[test]
fn messages_lie_within_a_sample_of_their_time_under_any_tempos() {
    let mut random = Random::new(7);
    for _ in 0..60 {
        let division = 1 + random.below(960) as u16;
        let mut changes: Vec<(u32, u32)> =
            (0..20).map(|_| (random.below(40_000) as u32, 1_000 + random.below(2_000_000) as u32)).collect();
        changes.sort_by_key(|(tick, _)| *tick);
        changes.dedup_by_key(|(tick, _)| *tick);
        let tempos = changes.iter().map(|(tick, us)| tempo(*tick, *us)).collect();
        let notes: Vec<Timed> = (0..200).map(|n| on(n * 211, 0, 60, 1)).collect();
        let song = Song::parse(&file(1, division, &[tempos, notes])).unwrap();
        for event in &song.events {
            let mut seconds = 0.0;
            let (mut since, mut quarter_us) = (0, 500_000);
            for (tick, us) in changes.iter().filter(|(tick, _)| u64::from(*tick) <= event.tick) {
                seconds += f64::from(tick - since) * f64::from(quarter_us) * 1e-6 / f64::from(division);
                (since, quarter_us) = (*tick, *us);
            }
            seconds += (event.tick - u64::from(since)) as f64 * f64::from(quarter_us) * 1e-6 / f64::from(division);
            let sample = song.tempo.sample_at(event.tick, RATE_HZ);
            let distance = (sample as f64 - seconds * f64::from(RATE_HZ)).abs();
            assert!(distance <= TIMING_TOLERANCE_SAMPLES, "tick {}: {distance} samples", event.tick);
            let transport = song.tempo.transport_at(sample, RATE_HZ);
            let beats_per_sample = transport.tempo_bpm / 60.0 / f64::from(RATE_HZ);
            let beat_error = (transport.beat.unwrap() - event.tick as f64 / f64::from(division)).abs();
            // Half a sample, at the faster of two tempos where one begins between the sample and the message.
            assert!(beat_error <= beats_per_sample.max(1.0 / 60.0 / 0.001 / f64::from(RATE_HZ)), "{beat_error}");
        }
    }
}

#[test]
fn a_file_of_type_0_is_the_same_song_as_the_file_of_type_1() {
    let tracks = tracks();
    let one = Song::parse(&file(0, 96, &[merged(&tracks)])).unwrap();
    assert_eq!(one, song());
    let messages = tracks.concat().len() - 3;
    assert_eq!((one.events.len(), one.notes()), (messages - 1, 13), "all but tempos and the program change");
}

#[test]
fn smpte_files_and_files_inside_riff_are_played_and_type_2_is_not() {
    let notes = vec![on(0, 0, 60, 100), off(1_000, 0, 60)];
    // 25 frames of 40 ticks: a tick is a millisecond.
    let song = Song::parse(&file(1, 0xe728, &[vec![tempo(0, 10)], notes.clone()])).unwrap();
    assert_eq!(song.last_sample(RATE_HZ), 48_000);
    let inner = file(0, 96, std::slice::from_ref(&notes));
    let length = |bytes: usize| (bytes as u32).to_le_bytes();
    let outer = [b"RIFF", &length(inner.len() + 12)[..], b"RMIDdata", &length(inner.len())[..], &inner].concat();
    assert_eq!(Song::parse(&outer).unwrap(), Song::parse(&inner).unwrap());
    assert!(matches!(Song::parse(&file(2, 96, std::slice::from_ref(&notes))), Err(MidiError::Sequential)));
    assert!(matches!(Song::parse(&file(1, 0, &[notes])), Err(MidiError::NoDivision)));
    assert!(matches!(Song::parse(&file(1, 96, &[vec![]])), Err(MidiError::NoNotes)));
}

#[test]
fn running_status_goes_on_also_after_a_meta_event() {
    let plain = [0, 0x90, 60, 100, 10, 60, 0, 0, 64, 100, 10, 64, 0, 0, 0xff, 0x2f, 0];
    let interrupted = [0, 0x90, 60, 100, 10, 60, 0, 0, 0xff, 1, 2, b'h', b'i', 0, 64, 100, 10, 64, 0, 0, 0xff, 0x2f, 0];
    let song = |track: &[u8]| Song::parse(&[&file(0, 96, &[])[..], &chunk(track)].concat()).unwrap();
    assert_eq!(song(&plain), song(&interrupted));
    assert_eq!((song(&plain).notes(), song(&plain).remarks.len()), (2, 0));
}

#[test]
fn a_cut_file_is_played_as_far_as_it_goes_and_says_so() {
    let whole = file(1, 96, &tracks());
    let good = song();
    for end in 0..whole.len() {
        match Song::parse(&whole[..end]) {
            Ok(cut) => {
                assert!(!cut.remarks.is_empty() || end + 60 > whole.len(), "cut at {end}");
                assert!(cut.events.iter().all(|event| good.events.contains(event)), "cut at {end}");
            }
            Err(error) => assert!(matches!(error, MidiError::NotMidi(_) | MidiError::NoNotes), "cut at {end}: {error}"),
        }
    }
}

/// Seeds 1 to 2000; every song that is read can be asked for its times.
#[test]
fn damaged_files_give_a_song_or_a_message() {
    let whole = file(1, 96, &tracks());
    let mut read = 0;
    for seed in 1..=2_000 {
        let mut random = Random::new(seed);
        let mut bytes = whole.clone();
        for _ in 0..=random.below(12) {
            let place = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[place] = random.bits() as u8,
                1 => bytes.truncate(place.max(1)),
                2 => bytes.insert(place, random.bits() as u8),
                _ => bytes[place] ^= 1 << random.below(8),
            }
        }
        if let Ok(song) = Song::parse(&bytes) {
            read += 1;
            assert!(song.events.is_sorted_by_key(|event| event.tick));
            let last = song.last_sample(RATE_HZ);
            let transport = song.tempo.transport_at(last, RATE_HZ);
            assert!(transport.tempo_bpm.is_finite() && transport.beat.is_some_and(f64::is_finite), "seed {seed}");
        }
    }
    assert!(read > 200, "{read} of the files are still songs");
}

#[test]
fn too_much_is_refused_before_it_takes_memory() {
    let too_long = vec![0_u8; MAX_FILE_BYTES as usize + 1];
    assert!(matches!(Song::parse(&too_long), Err(MidiError::TooLong)));
    // Running status: three bytes for each note.
    let mut track = vec![0, 0x90, 60, 1];
    track.extend([0, 60, 1].repeat(engine::midi::MAX_SONG_EVENTS));
    let many = [&file(0, 96, &[])[..], &chunk(&track)].concat();
    assert!(matches!(Song::parse(&many), Err(MidiError::TooManyEvents)));
}

/// A controller that moves parameters at samples in the middle of blocks gives what a host's automation there gives.
#[test]
fn a_learned_controller_moves_its_parameters_from_its_sample_on() {
    let [tilt, coarse] = ["tilt", "coarse"].map(|id| ParamId::named(id).expect("a parameter"));
    let map = ControllerMap::default().with(tilt, Some(21)).with(coarse, Some(21));
    let moves = [(50, 100), (111, 3), (200, 127)];
    let mut track: Vec<Timed> = moves.map(|(tick, value)| controller(tick, 0, 21, value)).into();
    track.extend([on(0, 0, 60, 100), off(300, 0, 60)]);
    track.sort_by_key(|(tick, _)| *tick);
    let song = Song::parse(&file(0, 96, &[track])).unwrap();
    let still = |controls| {
        let rig = Rig::of_sort(Sort::Stereo, Timbre::Sine, RATE_HZ as f32);
        let part = Part::new(rig.synth, controls).moved_by(map);
        (played(Performance::new(&song, RATE_HZ, part)), rig.instance).0
    };
    let moved = still(point(0.4));
    let mut rig = Rig::of_sort(Sort::Stereo, Timbre::Sine, RATE_HZ as f32);
    rig.synth.set_offline(true);
    rig.synth.reset();
    let at = |tick| song.tempo.sample_at(tick, RATE_HZ) as usize;
    let events: Vec<(usize, EventKind)> =
        song.events.iter().map(|event| (at(event.tick), event.message.event(event.channel))).collect();
    let (mut controls, mut sides, mut start) = (point(0.4), [Vec::new(), Vec::new()], 0);
    let ends = moves.map(|(tick, _)| at(tick.into())).into_iter().chain([moved[0].len()]);
    for (end, value) in ends.zip(moves.map(|(_, value)| Some(value)).into_iter().chain([None])) {
        let is_here = |(sample, _): &&(usize, EventKind)| (start..end).contains(sample);
        let here: Vec<Event> =
            events.iter().filter(is_here).map(|(sample, kind)| Event { offset: sample - start, kind: *kind }).collect();
        let mut part = [vec![0.0; end - start], vec![0.0; end - start]];
        let [left, right] = &mut part;
        rig.synth.render(&here, &controls, left, right);
        sides.iter_mut().zip(part).for_each(|(side, part)| side.extend(part));
        start = end;
        for id in [tilt, coarse] {
            let place = f32::from(value.unwrap_or_default()) / 127.0;
            id.spec().set(&mut controls, id.spec().scale.value(place));
        }
    }
    assert!(sides == moved);
    drop(rig.instance);
}

#[test]
fn a_sound_that_does_not_end_is_cut_with_a_fade() {
    let song = Song::parse(&file(0, 96, &[vec![on(0, 0, 60, 127), on(48, 0, 60, 0), on(96, 0, 64, 127)]])).unwrap();
    let rig = Rig::of_sort(Sort::Mono, Timbre::Sine, 8_000.0);
    let controls = engine::params::Controls { hold: engine::params::Hold::Sustained.value(), ..point(0.0) };
    let [left, _] = played(Performance::new(&song, 8_000, Part::new(rig.synth, controls)));
    assert_eq!(left.len(), 4_000 + 8_000 * TAIL_SECONDS as usize);
    assert!(left[left.len() - 2_000..].iter().any(|sample| sample.abs() > 0.1), "it goes on to the cut");
    assert!(left[left.len() - 1].abs() < 0.02);
    drop(rig.instance);
}

/// Three parts at fixed frequencies tell who played.
#[test]
fn drums_play_their_own_sound_at_its_key_and_the_open_hat_is_ended_by_the_closed_one() {
    let notes = vec![on(0, 9, 46, 127), on(0, 9, 36, 127), on(96, 9, 42, 127), on(96, 9, 70, 127)];
    let song = Song::parse(&file(0, 96, &[notes])).unwrap();
    assert!(song.has_drum_channel());
    let one_shot = engine::params::Controls { hold: engine::params::Hold::OneShot.value(), ..point(0.0) };
    let rigs = [300, 1_000, 3_000].map(|hz| Rig::of_sort(Sort::Mono, Timbre::Fixed(hz), RATE_HZ as f32));
    let [(kick, _a), (open, _b), (closed, _c)] = rigs.map(|rig| (Part::new(rig.synth, one_shot), rig.instance));
    let (silent, _d) = part(Sort::Mono, Timbre::Sine);
    let mut performance = Performance::new(&song, RATE_HZ, silent);
    performance.add_drum([35, 36], kick, 60);
    performance.add_drum([46], open, 60);
    performance.add_drum([42, 44], closed, 60);
    let [left, _] = played(performance);
    let level = |hz: f64, from: usize| {
        let span = left[from..from + 12_000].iter().enumerate();
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in span {
            let angle = std::f64::consts::TAU * hz * n as f64 / f64::from(RATE_HZ);
            re += f64::from(*sample) * angle.cos();
            im += f64::from(*sample) * angle.sin();
        }
        (re * re + im * im).sqrt() / 6_000.0
    };
    let heard = |hz, from| level(hz, from) > 0.1;
    assert!(heard(300.0, 6_000) && heard(1_000.0, 6_000) && !heard(3_000.0, 6_000));
    assert!(heard(300.0, 30_000) && !heard(1_000.0, 30_000) && heard(3_000.0, 30_000));
}

#[test]
fn a_zone_of_mpe_over_channel_10_leaves_no_drums() {
    let with = |members: u8| {
        let zone = [controller(0, 0, 101, 0), controller(0, 0, 100, 6), controller(0, 0, 6, members), on(0, 9, 60, 90)];
        Song::parse(&file(0, 96, &[zone.to_vec()])).unwrap()
    };
    assert!(!with(15).has_drum_channel() && !with(9).has_drum_channel() && with(8).has_drum_channel());
    assert!(with(8).events.iter().any(|event| matches!(event.message, ChannelMessage::Controller { number: 6, .. })));
}
