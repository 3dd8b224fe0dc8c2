//! `heptode info`: what the pack holds.

use serde_json::{Value, json};

use crate::args::InfoArgs;
use crate::failure::Failure;
use crate::output::result;
use crate::studio::open_pack;

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let pack = open_pack(args.common.pack())?;
    let info = pack.info();
    let seconds = info.length_samples as f64 / f64::from(info.sample_rate_hz);
    // Of the kinds that have such rounds.
    let iterations = pack.latents().ok().map(|pack| pack.manifest().griffin_lim_iterations);
    let mut text = format!(
        "{} ({}), kind {}, pack format {}, licence {}\nhash    {}\nsounds  {} of {seconds:.2} s at {} Hz\nkeys    {}\n",
        info.name,
        info.id,
        info.kind.name(),
        info.format_version,
        info.licence,
        info.hash,
        info.sounds.len(),
        info.sample_rate_hz,
        info.root_keys.iter().map(u8::to_string).collect::<Vec<_>>().join(" "),
    );
    for (place, axis) in info.controls.iter().enumerate().filter(|(_, axis)| axis.is_used()) {
        let strength =
            axis.rank_correlation.map_or(String::new(), |strength| format!(", rank correlation {strength:.2}"));
        text += &format!("z{}      {}, {} to {}{strength}\n", place + 1, axis.name, axis.low, axis.high);
    }
    for category in info.categories() {
        let names = info.sounds.iter().filter(|s| s.category == category).map(|s| s.name.as_str());
        text += &format!("\n{category}\n  {}\n", names.collect::<Vec<_>>().join("\n  "));
    }
    text += "\nmade from\n";
    for source in &info.provenance {
        text += &format!("  {source}\n");
    }
    let json = json!({
        "command": "info",
        "pack": {
            "id": info.id, "name": info.name, "hash": info.hash, "kind": info.kind.name(),
            "format_version": info.format_version,
            "licence": info.licence, "provenance": info.provenance,
        },
        "sample_rate_hz": info.sample_rate_hz,
        "seconds": seconds,
        "root_keys": info.root_keys,
        "griffin_lim_iterations": iterations,
        "latents": info.controls.iter()
            .map(|axis| json!({
                "name": axis.name, "low": axis.low, "high": axis.high, "rank_correlation": axis.rank_correlation,
            }))
            .collect::<Vec<Value>>(),
        "sounds": info.sounds.iter()
            .map(|s| json!({ "name": s.name, "category": s.category, "latent": s.latent, "key": s.key }))
            .collect::<Vec<Value>>(),
    });
    result(args.common.json, &text, &json)
}
