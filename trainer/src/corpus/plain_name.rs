//! Names of sounds without trade names: what packs call the sounds of a sound font. Pure text.

/// Words of sound fonts that are trade names or misspelt, and what the instrument calls the sound.
const PLAIN_WORDS: [(&str, &str); 7] = [
    ("Bright Yamaha Grand", "Bright Grand Piano"),
    ("Yamaha Grand Piano", "Grand Piano"),
    ("Rhodes EP", "Tine Piano"),
    ("TR-808", "Analogue"),
    ("Accordian", "Accordion"),
    ("DrawbarOrgan", "Drawbar Organ"),
    ("BagPipe", "Bagpipe"),
];

/// What a pack calls a sound of this name.
pub fn plain_name(name: &str) -> String {
    PLAIN_WORDS.iter().fold(name.to_owned(), |name, (word, plain)| name.replace(word, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trade_names_give_way_to_plain_ones() {
        assert_eq!(plain_name("TR-808 Mid Tom"), "Analogue Mid Tom");
        assert_eq!(plain_name("Church Organ"), "Church Organ");
    }
}
