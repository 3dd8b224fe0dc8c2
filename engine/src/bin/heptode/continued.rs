//! Recordings that are continued: reading them, writing what is made of them block by block, telling the result. Main thread.

use engine::sample::read_channels;
use engine::texture::{Source, Weaver, Wish};
use serde_json::{Value, json};

use crate::args::Continued;
use crate::failure::Failure;
use crate::output::{noted, path_text};
use crate::watch::Watch;

/// A recording that was read, and what the user is told of it.
pub(crate) struct Given {
    pub(crate) source: Source,
    pub(crate) is_whole: bool,
    pub(crate) notes: Vec<String>,
}

impl Given {
    /// Reads at most `look_s` seconds of the file.
    pub(crate) fn read(args: &Continued, look_s: f64) -> Result<Self, Failure> {
        args.out.check(&[&args.file], 0)?;
        let read = read_channels(&args.file, look_s)?;
        let source = Source::new(read.samples, read.sample_rate_hz)
            .map_err(|error| Failure::failed(format!("cannot continue {}: {error}", path_text(&args.file))))?;
        args.out.check(&[&args.file], source.rate_hz())?;
        let given = Self { source, is_whole: read.is_whole, notes: read.notes };
        args.out.check_length(given.wish(args).samples as u64, given.channels(), given.source.rate_hz())?;
        Ok(given)
    }

    /// What is asked for, in samples.
    pub(crate) fn wish(&self, args: &Continued) -> Wish {
        let samples = (args.seconds * f64::from(self.source.rate_hz())).round() as usize;
        Wish { samples, seed: args.seed, looped: args.looped }
    }

    fn channels(&self) -> u16 {
        self.source.channels().len() as u16
    }

    /// Writes what the weaver makes, and tells the result.
    pub(crate) fn write(mut self, args: &Continued, command: &str, mut weaver: Weaver) -> Result<(), Failure> {
        let rate_hz = self.source.rate_hz();
        let wish = self.wish(args);
        let mut watch = Watch::new(args.seconds as u64, "making, in seconds");
        let mut block = vec![Vec::new(); self.source.channels().len()];
        let mut peak = 0.0_f32;
        let written = args.out.write_blocks(self.channels(), rate_hz, |interleaved| {
            watch.look((weaver.done() * args.seconds) as u64)?;
            let is_more = weaver.next_block(&mut block);
            interleave(&mut block, interleaved);
            peak = interleaved.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
            Ok(is_more)
        });
        watch.end();
        self.notes.extend(written?);
        let text = format!(
            "{}: {:.3} s at {rate_hz} Hz, {} channels, {} pieces, peak {peak:.3}\n{}",
            args.out.text(),
            wish.samples as f64 / f64::from(rate_hz),
            self.channels(),
            weaver.pieces().len(),
            noted(&self.notes)
        );
        let json = json!({
            "command": command, "file": path_text(&args.file), "out": args.out.text(), "seed": wish.seed, "loop": wish.looped,
            "rate_hz": rate_hz, "channels": self.channels(), "samples": wish.samples,
            "seconds": wish.samples as f64 / f64::from(rate_hz), "peak": peak,
            "source": source_json(&self.source), "pieces": weaver.pieces().len(), "notes": self.notes,
        });
        args.out.report(args.json, &text, &json)
    }
}

fn source_json(source: &Source) -> Value {
    json!({ "samples": source.len(), "seconds": source.seconds() })
}

/// Appends the samples of the channels in turn, and empties the channels.
fn interleave(channels: &mut [Vec<f32>], out: &mut Vec<f32>) {
    let frames = channels.first().map_or(0, Vec::len);
    out.extend((0..frames).flat_map(|frame| channels.iter().map(move |channel| channel[frame])));
    channels.iter_mut().for_each(Vec::clear);
}
