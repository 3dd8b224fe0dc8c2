//! `heptode encode`: where an audio file lies in the latent space.

use serde_json::{Value, json};

use crate::args::EncodeArgs;
use crate::failure::Failure;
use crate::output::{latent_text, noted, path_text, result};
use crate::recording::{Recorded, key_text};
use crate::studio::Studio;

pub(crate) fn run(args: &EncodeArgs) -> Result<(), Failure> {
    let studio = Studio::open(&args.common)?;
    let sound = studio.import(&args.input.file, args.input.choice())?;
    let mut text = format!(
        "latent    {}\nstart     {:.3} s\nkey       {}\ncategory  {}\n",
        latent_text(&sound.latent),
        sound.start_s,
        key_text(&sound),
        sound.category
    );
    for (name, distance) in &sound.nearest {
        text += &format!("nearest   {name} ({distance:.2} sigma)\n");
    }
    text += &noted(&sound.notes);
    let nearest = sound.nearest.iter().map(|(name, distance)| json!({ "name": name, "distance": distance }));
    let json = json!({
        "command": "encode", "pack": studio.pack_json(), "file": path_text(&args.input.file), "name": sound.name,
        "latent": sound.latent, "start_s": sound.start_s, "key": sound.key, "key_origin": sound.key_origin, "found_key": sound.found_key,
        "key_confidence": sound.key_confidence, "category": sound.category, "nearest": nearest.collect::<Vec<Value>>(),
        "recording": Recorded::new(&args.input.file, &sound).json, "notes": sound.notes,
    });
    result(args.common.json, &text, &json)
}
