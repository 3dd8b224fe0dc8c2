//! `heptode morph`: the way from one sound to another, and `render_all`, which `vary` shares.

use std::path::Path;

use engine::Latent;
use serde_json::{Value, json};

use crate::args::{Common, MorphArgs, Playing};
use crate::failure::Failure;
use crate::output::{noted, progress, result};
use crate::player::{Player, write_numbered};
use crate::points::between;
use crate::studio::Studio;

pub(crate) fn run(args: &MorphArgs) -> Result<(), Failure> {
    let studio = Studio::open(&args.common)?;
    let (from, to) = (studio.resolve(&args.from)?, studio.resolve(&args.to)?);
    let last = (args.steps - 1) as f32;
    let points: Vec<Latent> = (0..args.steps).map(|n| between(&from.latent, &to.latent, n as f32 / last)).collect();
    let notes = [from.notes, to.notes].concat();
    let json = json!({ "command": "morph", "from": from.name, "to": to.name, "notes": notes });
    let series = Series { points: &points, folder: &args.out, playing: &args.playing, common: &args.common };
    series.render(&studio, json, &notes)
}

/// Sounds that are rendered one after the other into numbered files.
pub(crate) struct Series<'a> {
    pub(crate) points: &'a [Latent],
    pub(crate) folder: &'a Path,
    pub(crate) playing: &'a Playing,
    pub(crate) common: &'a Common,
}

impl Series<'_> {
    /// Renders all, then writes all, then tells; `json` is completed with the files.
    pub(crate) fn render(&self, studio: &Studio, mut json: Value, notes: &[String]) -> Result<(), Failure> {
        let mut player = Player::new(studio.model.clone());
        let bar = progress(self.points.len(), "rendering");
        let play = |point| {
            let samples = player.play(point, self.playing);
            bar.inc(1);
            samples
        };
        let sounds = self.points.iter().map(play).collect::<Result<Vec<_>, _>>()?;
        bar.finish_and_clear();
        let paths = write_numbered(self.folder, &sounds, self.playing.rate)?;
        let files = paths.iter().zip(self.points).zip(&sounds);
        json["pack"] = studio.pack_json();
        json["key"] = self.playing.key.into();
        json["rate_hz"] = self.playing.rate.into();
        json["files"] = files
            .map(|((path, latent), sound)| json!({ "file": path, "latent": latent, "samples": sound.len() }))
            .collect();
        let text = format!("{} files in {}\n{}", paths.len(), self.folder.display(), noted(notes));
        result(self.common.json, &text, &json)
    }
}
