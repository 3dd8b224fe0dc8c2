//! `heptode info`: what the pack holds.

use serde_json::{Value, json};

use crate::args::InfoArgs;
use crate::failure::Failure;
use crate::output::result;
use crate::studio::open_pack;

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let pack = open_pack(&args.common)?;
    let manifest = pack.manifest();
    let samples = manifest.shape.frame_count * manifest.shape.hop_samples;
    let seconds = samples as f64 / f64::from(manifest.shape.sample_rate_hz);
    let mut text = format!(
        "{} ({}), pack format {}, licence {}\nhash    {}\nsounds  {} of {seconds:.2} s at {} Hz\nkeys    {}\n",
        manifest.name,
        manifest.id,
        manifest.format_version,
        manifest.licence,
        pack.hash(),
        manifest.sounds.len(),
        manifest.shape.sample_rate_hz,
        manifest.root_keys.iter().map(u8::to_string).collect::<Vec<_>>().join(" "),
    );
    for (place, axis) in manifest.controls.iter().enumerate() {
        let strength =
            axis.rank_correlation.map_or(String::new(), |strength| format!(", rank correlation {strength:.2}"));
        text += &format!("z{}      {}, {} to {}{strength}\n", place + 1, axis.name, axis.low, axis.high);
    }
    for category in manifest.categories() {
        let names = manifest.sounds.iter().filter(|s| s.category == category).map(|s| s.name.as_str());
        text += &format!("\n{category}\n  {}\n", names.collect::<Vec<_>>().join("\n  "));
    }
    text += "\nmade from\n";
    for source in &manifest.provenance {
        text += &format!("  {source}\n");
    }
    let json = json!({
        "command": "info",
        "pack": {
            "id": manifest.id, "name": manifest.name, "hash": pack.hash(), "format_version": manifest.format_version,
            "licence": manifest.licence, "provenance": manifest.provenance,
        },
        "sample_rate_hz": manifest.shape.sample_rate_hz,
        "seconds": seconds,
        "root_keys": manifest.root_keys,
        "griffin_lim_iterations": manifest.griffin_lim_iterations,
        "latents": manifest.controls.iter()
            .map(|axis| json!({
                "name": axis.name, "low": axis.low, "high": axis.high, "rank_correlation": axis.rank_correlation,
            }))
            .collect::<Vec<Value>>(),
        "sounds": manifest.sounds.iter()
            .map(|s| json!({ "name": s.name, "category": s.category, "latent": s.latent, "key": s.key }))
            .collect::<Vec<Value>>(),
    });
    result(args.common.json, &text, &json)
}
