//! Laws of endless sounds: a held one goes round without a seam, a mix with it goes on, and a document gives it back sample by sample.

use std::sync::Arc;

use engine::audio::Synth;
use engine::decode::Model;
use engine::decode::assets::{AssetTable, Recorded};
use engine::decode::frozen::FrozenSource;
use engine::decode::latent::LatentSource;
use engine::decode::pool::Pool;
use engine::decode::source::{Focus, Progress, Sink, SoundShape, Source, SourceError, Version};
use engine::instrument::{Instance, create_with_source};
use engine::link::{AssetMix, SoundSpec, SourceId};
use engine::pack::Pack;
use engine::params::{Controls, Hold};
use engine::state::{EndlessLoop, FrozenZone, PackRef, SoundState, StateDocument};
use support::listen::rms_db;
use support::rain::rain;
use support::script::{Script, on, point};

const RATE_HZ: u32 = 44_100;
/// A loop of 1.5 s, which is no whole number of blocks or ticks.
const LOOP_SAMPLES: usize = 66_151;

/// White noise has no seam wherever it is joined.
fn round() -> EndlessLoop {
    let channels = rain(2, 2.0, RATE_HZ).into_iter().map(|channel| channel[..LOOP_SAMPLES].to_vec());
    EndlessLoop::from_samples(60, RATE_HZ, &channels.collect::<Vec<_>>()).expect("a loop")
}

/// An instance whose source holds one tone of two seconds, with a loop on the knobs.
fn rig(round: &EndlessLoop) -> (Synth, Instance, Controls, Arc<Pool>) {
    let tone: Vec<f32> = (0..88_200).map(|n| 0.3 * (n as f32 * 0.0373).sin()).collect();
    let zone = FrozenZone::from_samples(60, RATE_HZ, &tone).expect("a tone");
    let (pool, table) = (Pool::new(1).expect("threads"), Arc::<AssetTable>::default());
    let none = Recorded::Residuals(&[]);
    let assets = table.set([none, none, none, none, Recorded::Loop(round, 60.0)], None, [0.0; 7]);
    let source = Arc::new(FrozenSource::new(&[zone]).expect("a source"));
    let (mut synth, instance) = create_with_source(&pool, source, table);
    synth.set_sample_rate(RATE_HZ as f32);
    synth.set_offline(true);
    synth.reset();
    let controls = Controls { assets, fidelity: 1.0, hold: Hold::Auto.value(), ..point(0.0) };
    (synth, instance, Controls { knobs: [0.0; 7], ..controls }, pool)
}

/// Largest second difference of each 10 ms.
fn roughness(samples: &[f32]) -> Vec<f32> {
    let rough = |piece: &[f32]| piece.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max);
    samples.chunks(441).map(rough).collect()
}

#[test]
fn a_held_loop_goes_round_for_twenty_seconds_without_a_seam() {
    /// Rounding of the mix and of the crossfade between equal samples.
    const SAME: f32 = 2e-5;
    let round = round();
    for key in [60, 72, 55] {
        let (mut synth, _instance, controls, _pool) = rig(&round);
        let length = 20 * RATE_HZ as usize;
        let sides = Script::still(controls, vec![(0, on(key, 1.0))], length).play_stereo(&mut synth, 512);
        assert!(sides[0] != sides[1], "stereo stays stereo");
        let ratio = ((f64::from(key) - 60.0) / 12.0).exp2();
        let period = (LOOP_SAMPLES as f64 / ratio).round() as usize;
        for side in &sides {
            let body = &side[4_410..];
            assert!(rms_db(&body[body.len() - 4_410..]) > -40.0, "key {key}: it still sounds");
            if key == 60 {
                let differences = body.iter().zip(&body[period..]).map(|(a, b)| (a - b).abs()).enumerate();
                let (at, differs) = differences.max_by(|a, b| a.1.total_cmp(&b.1)).expect("some");
                assert!(differs < SAME, "it differs by {differs} from the round before, at sample {at}");
            }
            // No moment of the later rounds is rougher than the first round's roughest.
            let steps = roughness(body);
            let (first, rest) = steps.split_at(period / 441 + 2);
            let most = |steps: &[f32]| steps.iter().copied().fold(0.0, f32::max);
            assert!(most(rest) <= 1.05 * most(first), "key {key}: {} against {}", most(rest), most(first));
            // The joins themselves are no more than most moments are.
            let mut usual = first.to_vec();
            usual.sort_unstable_by(f32::total_cmp);
            let limit = usual[usual.len() * 95 / 100].max(1e-6);
            let joins = (1..10).filter_map(|time| steps.get((time * period + 200 - 4_410) / 441));
            let over = joins.filter(|step| **step > 1.5 * limit).count();
            assert!(over <= 1, "key {key}: {over} of nine joins stand out");
        }
    }
}

#[test]
fn a_held_note_goes_on_when_its_loop_is_left_for_a_shorter_sound() {
    let round = round();
    let (mut synth, _instance, controls, _pool) = rig(&round);
    let away = Controls { fidelity: 0.0, ..controls };
    let part = Controls { fidelity: 0.5, ..controls };
    let (second, length) = (RATE_HZ as usize, 12 * RATE_HZ as usize);
    let turns = vec![(0, controls), (1_600 * 44, away), (5 * second, controls), (8 * second, part)];
    let script = Script { events: vec![(0, on(60, 1.0))], controls: turns, length };
    let [left, _] = script.play_stereo(&mut synth, 512);
    for (at, piece) in left.chunks(4_410).enumerate().skip(1) {
        assert!(rms_db(piece) > -45.0, "silent at {:.1} s", at as f32 / 10.0);
    }
}

#[derive(Default)]
struct Whole {
    shape: Option<SoundShape>,
    channels: [Vec<f32>; 2],
}

impl Sink for Whole {
    fn begin(&mut self, _version: Version, shape: SoundShape) -> Result<(), SourceError> {
        self.shape = Some(shape);
        Ok(())
    }

    fn block(&mut self, _index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        self.channels[channel].extend_from_slice(samples);
        Ok(())
    }
}

#[test]
fn a_loop_is_mixed_into_the_decoded_sound_by_its_weight() {
    let round = round();
    let model = Arc::new(Model::load(&Pack::factory().expect("valid")).expect("it loads"));
    let latent = model.sounds()[0].latent;
    let (source, table) = (LatentSource::new(model), AssetTable::default());
    let none = Recorded::Residuals(&[]);
    let set = table.set([none, none, none, none, Recorded::Loop(&round, 60.0)], None, latent);
    let again = table.set([none, none, none, none, Recorded::Loop(&round.clone(), 60.0)], None, latent);
    assert_eq!(set, again, "an equal loop keeps its id");
    let sound = |weight: f32| {
        let mix = AssetMix::new(set.ids, [0.0, 0.0, 0.0, 0.0, weight]);
        let spec = SoundSpec { assets: mix, ..SoundSpec::new(SourceId(0), latent, 60.0) };
        let mut job = source.begin(&spec, table.resolve(&mix).expect("it is there")).expect("a job");
        let mut whole = Whole::default();
        while job.advance(&Focus::default(), &mut whole).expect("it decodes") != Progress::Done {}
        whole
    };
    let [none, half, all] = [0.0, 0.5, 1.0].map(sound);
    let [of_none, of_half, of_all] = [&none, &half, &all].map(|whole| whole.shape.expect("it began"));
    assert_eq!((of_none.channels, of_half.channels, of_all.channels), (1, 2, 2));
    assert_eq!(of_half.length_samples, of_none.length_samples);
    assert!(of_none.known_loop.is_none() && of_half.known_loop.is_none() && of_all.known_loop.is_some());
    let samples = round.samples().expect("whole");
    assert_eq!(all.channels[1][1_000..60_000], samples.channels[1][1_000..60_000], "its own samples");
    let gain = 0.5_f32.sqrt();
    for n in [5_000, 40_000, 70_000] {
        let wanted = gain * (none.channels[0][n] + samples.channels[1][n % LOOP_SAMPLES]);
        assert!((half.channels[1][n] - wanted).abs() < 1e-4, "{n}: {} and {wanted}", half.channels[1][n]);
    }
}

#[test]
fn a_document_gives_the_same_samples_and_keeps_what_it_does_not_know() {
    let round = round();
    let audio = FrozenZone::from_samples(60, RATE_HZ, &rain(1, 0.5, RATE_HZ)[0]).ok();
    let endless = SoundState { audio, endless: Some(round.clone()), ..SoundState::new("Rain (endless)", [0.5; 7]) };
    let plain = SoundState::default();
    let corners = [endless, plain.clone(), plain.clone(), plain];
    let text = StateDocument::new(Default::default(), PackRef::default(), corners).to_json();
    let read = StateDocument::parse(&text).expect("valid");
    let found = read.corners[0].endless.as_ref().expect("a loop");
    assert!(*found == round && found.samples() == round.samples());
    assert!(read.corners[1].endless.is_none());
    let newer = text.replace("\"endless\":{", "\"endless\":{\"of a later version\":[1],");
    let kept = StateDocument::parse(&newer).expect("valid").to_json();
    assert!(kept.contains("\"of a later version\":[1]"));
    let empty = text.replacen("\"channels\":[", "\"channels\":[],\"others\":[", 1);
    let error = StateDocument::parse(&empty).expect_err("no channels").to_string();
    assert!(error.contains("0 channels"), "{error}");
}
