//! The model card: what the pack is, where it comes from, how good it is.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::Result;
use engine::pack::Pack;

use super::figures;
use crate::corpus::procedural::SOURCE as PROCEDURAL;
use crate::corpus::{Corpus, Split};
use crate::parity::Parity;
use crate::train::{Budget, RunConfig};

/// What the card is written from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// What it was trained on.
    pub corpus: &'a Corpus,
    /// How.
    pub config: &'a RunConfig,
    /// Whether all stages had run to their end.
    pub finished: bool,
    /// The graphs against torch.
    pub parity: &'a Parity,
    /// Report of `trainer eval`.
    pub report: Option<&'a [u8]>,
}

/// The card as Markdown.
///
/// # Errors
/// The report of the evaluation is not one of this pack.
pub fn text(facts: &Facts) -> Result<String> {
    let manifest = facts.pack.manifest();
    let mut text = format!("# {}\n\n", manifest.name);
    let megabytes = manifest.files.values().map(|file| file.bytes).sum::<u64>() as f64 / f64::from(1 << 20);
    writeln!(
        text,
        "A Heptode model pack: {} named sounds, seven latents, root keys {:?}, {megabytes:.1} MiB of ONNX graphs (opset 20, \
         weights in 16 bits) and residuals. Pack hash `{}`.\n",
        manifest.sounds.len(),
        manifest.root_keys,
        facts.pack.hash()
    )?;
    text += "| file | what it is |\n|---|---|\n\
        | `manifest.json` | analysis constants, latents, named sounds, hashes |\n\
        | `encoder.onnx` | `frames` [1,128,172], `key` [1,1] → `latent` [1,7] in units of the knobs |\n\
        | `decoder.onnx` | `latent` [1,7], `key` [1,1] → `frames` [1,128,172] |\n";
    writeln!(
        text,
        "| `vocoder.onnx` | `frames` [1,128,172], `key` [1,1] → `log_magnitude` [1,1025,172], `phase` [1,{},172] |\n\
         | `residuals.bin` | what the points of named sounds leave out of them, at most 6 KiB a sound for all its key zones |\n\
         | `parity.json` | outputs of torch for five points: some of the values, and sums over all, for tests without torch |\n",
        3 * manifest.phase_bins()
    )?;
    sources(&mut text, facts.corpus)?;
    training(&mut text, facts)?;
    if let Some(report) = facts.report {
        figures::section(&mut text, manifest, report)?;
    }
    writeln!(text, "## Licence\n\n{}", manifest.licence)?;
    Ok(text)
}

fn sources(text: &mut String, corpus: &Corpus) -> Result<()> {
    *text += "## Sources\n\n";
    for source in &corpus.manifest.sources {
        writeln!(text, "- {source}")?;
    }
    if corpus.manifest.sources.iter().any(|source| source.contains("Fluid")) {
        *text += "\nThe Fluid R3 General MIDI sound font is by Frank Wen and is licensed under the MIT licence (Debian package \
            `fluid-soundfont-gm`). It is needed to train again, not to build, run or test.\n";
    }
    if corpus.manifest.sources.iter().any(|source| source.starts_with(PROCEDURAL)) {
        *text += "\nGenerated sounds are made by `trainer corpus --procedural` from published models of instruments, drums and everyday \
            sounds; each model's source stands in its file.\n";
    }
    let count = |split| {
        let items = corpus.split(split);
        let instruments: BTreeSet<_> = items.iter().map(|item| item.instrument.as_str()).collect();
        (items.len(), instruments.len())
    };
    let ((train, train_instruments), (held_out, held_out_instruments)) = (count(Split::Train), count(Split::HeldOut));
    // Generated instruments are listed by style; their numbers carry no information.
    let style = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end().to_owned();
    let names: BTreeSet<_> = corpus.split(Split::HeldOut).iter().map(|item| style(&item.name)).collect();
    writeln!(
        text,
        "\n{train} sounds of {train_instruments} instruments were trained on; {held_out} of {held_out_instruments} were held \
         out, by groups that share no recording with a trained sound: {}. A named sound stands at the point that gives it best \
         at all its keys.\n",
        names.into_iter().collect::<Vec<_>>().join(", ")
    )?;
    Ok(())
}

fn training(text: &mut String, facts: &Facts) -> Result<()> {
    let length = |budget: Budget| match budget {
        Budget::Seconds(seconds) => format!("{:.0} minutes", seconds / 60.0),
        Budget::Steps(steps) => format!("{steps} steps"),
    };
    let decoder = match facts.config.decoder {
        none if none.is_empty() => String::new(),
        budget => format!(
            "then {} for the decoder alone (its own frames anywhere in the space, without what rises again after quiet where no sound \
             does), ",
            length(budget)
        ),
    };
    writeln!(
        text,
        "## Training\n\n`trainer train`, seed {}{}: {} for the auto-encoder (mean absolute error of log-mel frames, loud \
         bands weighing more, and of their levels; squared error of mu-law amplitudes; divergence; leaps and noise on straight lines \
         between sounds; how far knobs follow their properties over random points; silence, bursts and late onsets anywhere in the space; a \
         part of the examples across keys), {decoder}then {} for the vocoder (log-magnitude, anti-wrapped phase differences after Ai \
         and Ling 2023, log-mel error at three resolutions; half of the crops from true frames, half from the auto-encoder's). \
         {}The pack asks for {} rounds of Griffin-Lim, held to the frames, after the vocoder. The graphs, run by the engine's own loader: \
         {}.\n",
        facts.config.seed,
        facts
            .config
            .from_pack
            .as_ref()
            .map_or_else(String::new, |hash| format!(", from the pack {}", &hash[..8.min(hash.len())])),
        length(facts.config.vae),
        length(facts.config.vocoder),
        if facts.finished { "" } else { "The run had not ended when this pack was written. " },
        facts.pack.manifest().griffin_lim_iterations,
        facts.parity
    )?;
    Ok(())
}
