//! A small VST3 host in a process of its own: loads a bundle as any host does, plays a phrase while the controls move, and
//! records what comes out.
//!
//! usage: demo-host BUNDLE.vst3 OUT.wav

mod phrase;

use std::path::Path;

use anyhow::{Context, Result, bail};
use vst3_host::{AudioBuffers, MidiChannel, MidiEvent, Plugin, ProcessMode, Vst3Host};

const SAMPLE_RATE_HZ: u32 = 48_000;
const BLOCK_SAMPLES: usize = 256;
const CHANNELS: usize = 2;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [bundle, wav] = arguments.as_slice() else { bail!("usage: demo-host BUNDLE.vst3 OUT.wav") };
    let mut plugin = open(Path::new(bundle))?;
    eprintln!(
        "playing {} by {} in a VST3 host (process {})",
        plugin.info().name,
        plugin.info().vendor,
        std::process::id()
    );
    let samples = play(&mut plugin)?;
    write_wav(Path::new(wav), &samples)
}

/// Loads the bundle and makes it ready to render faster than real time.
fn open(bundle: &Path) -> Result<Plugin> {
    let mut host = Vst3Host::builder()
        .sample_rate(f64::from(SAMPLE_RATE_HZ))
        .block_size(BLOCK_SAMPLES)
        .input_channels(0)
        .output_channels(CHANNELS)
        .build()?;
    let mut plugin = host.load_plugin(bundle).with_context(|| format!("cannot load {}", bundle.display()))?;
    plugin.set_process_mode(ProcessMode::Offline)?;
    plugin.start_processing()?;
    Ok(plugin)
}

/// Plays the phrase and gives the interleaved recording.
fn play(plugin: &mut Plugin) -> Result<Vec<f32>> {
    let blocks = (phrase::LENGTH_S * f64::from(SAMPLE_RATE_HZ)) as usize / BLOCK_SAMPLES;
    let bar = indicatif::ProgressBar::new(blocks as u64);
    let mut events = events();
    events.reverse();
    let mut buffers = AudioBuffers::new(0, CHANNELS, BLOCK_SAMPLES, f64::from(SAMPLE_RATE_HZ));
    let mut recording = Vec::with_capacity(blocks * BLOCK_SAMPLES * CHANNELS);
    for block in 0..blocks {
        let start = block * BLOCK_SAMPLES;
        for (id, value) in phrase::controls(start as f64 / f64::from(SAMPLE_RATE_HZ)) {
            plugin.set_parameter(parameter_id(id), value).with_context(|| format!("cannot move {id}"))?;
        }
        while let Some((at, event)) = events.pop_if(|(at, _)| *at < start + BLOCK_SAMPLES) {
            plugin.send_midi_event_at(event, (at - start) as i32)?;
        }
        buffers.clear();
        plugin.process_audio(&mut buffers)?;
        for frame in 0..BLOCK_SAMPLES {
            recording.extend(buffers.outputs.iter().map(|channel| channel[frame]));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    plugin.stop_processing()?;
    Ok(recording)
}

/// Note-ons and note-offs with their sample, in order.
fn events() -> Vec<(usize, MidiEvent)> {
    let sample = |time_s: f64| (time_s * f64::from(SAMPLE_RATE_HZ)) as usize;
    let channel = MidiChannel::Ch1;
    let mut events: Vec<_> = phrase::notes()
        .iter()
        .flat_map(|note| {
            let (key, start_s) = (note.key, note.start_s);
            [
                (sample(start_s), MidiEvent::NoteOn { channel, note: key, velocity: note.velocity }),
                (sample(start_s + note.length_s), MidiEvent::NoteOff { channel, note: key, velocity: 0 }),
            ]
        })
        .collect();
    events.sort_by_key(|(at, _)| *at);
    events
}

/// The number that the plug-in framework makes of a parameter's frozen name.
fn parameter_id(name: &str) -> u32 {
    name.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) & !(1 << 31)
}

/// Writes 32-bit float samples; the name appears only when the file is whole.
fn write_wav(path: &Path, samples: &[f32]) -> Result<()> {
    let spec = hound::WavSpec {
        channels: CHANNELS as u16,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let part = path.with_extension("wav.part");
    let mut writer =
        hound::WavWriter::create(&part, spec).with_context(|| format!("cannot write {}", part.display()))?;
    for &sample in samples {
        writer.write_sample(sample)?;
    }
    writer.finalize()?;
    std::fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))
}
