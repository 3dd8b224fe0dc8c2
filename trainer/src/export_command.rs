//! `trainer export`: its options, and which model a run is of. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{cqt, export, foley, sashimi};

/// Rounds of Griffin-Lim of the default model, and of the footstep model.
const LATENT_ITERATIONS: usize = 2;
const CQT_ITERATIONS: usize = 5;

/// What a pack is made of, and where it goes.
#[derive(Args)]
pub struct ExportArgs {
    /// Run folder.
    #[arg(long, default_value = "data/run")]
    run: PathBuf,
    /// Corpus that the run was trained on.
    #[arg(long, default_value = "data/corpus")]
    corpus: PathBuf,
    /// Folder to write the pack to.
    #[arg(long)]
    out: PathBuf,
    /// Name of the pack for people.
    #[arg(long, default_value = "My model")]
    name: String,
    /// Identifier of the pack.
    #[arg(long, default_value = "my-model")]
    id: String,
    /// Rounds of Griffin-Lim: 2 after the vocoder, 5 of the search for the sound of constant-Q levels if no number is given.
    #[arg(long)]
    iterations: Option<usize>,
    /// Write the pack to this file as well: what the plug-in takes.
    #[arg(long)]
    archive: Option<PathBuf>,
    /// Name only sounds that are in tune at every key, and those without a key.
    #[arg(long)]
    in_tune: bool,
    /// The pack whose place the new one takes: names, points and units of the knobs stay. For a run that started from it and trained
    /// the decoder alone.
    #[arg(long, conflicts_with_all = ["in_tune", "name", "id"])]
    update: Option<PathBuf>,
    /// Of a run of foley, the pack of the default model whose vocoder it gets.
    #[arg(long, default_value = "models/factory")]
    vocoder: PathBuf,
    /// Of a run of sashimi or foley, take the last weights and not the best on held-out sounds.
    #[arg(long)]
    last: bool,
    /// Report of `trainer eval` to quote in the model card.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// Writes the pack of a run.
///
/// # Errors
/// An option is not one of the run's model, or the export fails.
pub fn export(args: ExportArgs) -> Result<()> {
    let is_latent = !(sashimi::is_run(&args.run) || cqt::is_run(&args.run) || foley::is_run(&args.run));
    ensure!(is_latent || args.update.is_none(), "--update is for the default model");
    match &args.run {
        run if sashimi::is_run(run) => export_sashimi(args),
        run if cqt::is_run(run) => export_cqt(args),
        run if foley::is_run(run) => export_foley(args),
        _ => export_latent(args),
    }
}

fn export_latent(args: ExportArgs) -> Result<()> {
    export::export(&export::Options {
        run: args.run,
        corpus: args.corpus,
        out: args.out,
        name: args.name,
        id: args.id,
        iterations: args.iterations.unwrap_or(LATENT_ITERATIONS),
        archive: args.archive,
        in_tune: args.in_tune,
        update: args.update,
        report: args.report,
    })
}

fn export_sashimi(args: ExportArgs) -> Result<()> {
    ensure!(!args.in_tune && args.report.is_none(), "--in-tune and --report are for the default model");
    ensure!(args.iterations.is_none(), "--iterations: a pack of samples has none");
    sashimi::export(&sashimi::ExportOptions {
        run: args.run,
        corpus: args.corpus,
        out: args.out,
        name: args.name,
        id: args.id,
        last: args.last,
        archive: args.archive,
    })
}

fn export_foley(args: ExportArgs) -> Result<()> {
    ensure!(!args.in_tune && args.report.is_none(), "--in-tune and --report are for the default model");
    ensure!(args.iterations.is_none(), "--iterations: they are those of the vocoder's pack");
    foley::export(&foley::ExportOptions {
        run: args.run,
        corpus: args.corpus,
        vocoder: args.vocoder,
        out: args.out,
        name: args.name,
        id: args.id,
        last: args.last,
        archive: args.archive,
    })
}

fn export_cqt(args: ExportArgs) -> Result<()> {
    ensure!(!args.in_tune && args.report.is_none(), "--in-tune and --report are for the default model");
    cqt::export(&cqt::ExportOptions {
        run: args.run,
        corpus: args.corpus,
        out: args.out,
        name: args.name,
        id: args.id,
        iterations: args.iterations.unwrap_or(CQT_ITERATIONS),
        archive: args.archive,
    })
}
