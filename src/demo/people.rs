//! Who the demonstration's leads are: invented people, companies and wishes. Addresses end in `.example`
//! and phone numbers are of ranges kept for fiction, so that nothing can ever reach anybody.

/// How many leads the demonstration has.
pub(super) const COUNT: usize = 204;

/// An invented person.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub title: Option<&'static str>,
    pub tags: Vec<&'static str>,
    /// Key, display name, value.
    pub fields: Vec<(&'static str, &'static str, &'static str)>,
    /// Typed in rather than received.
    pub by_hand: bool,
    /// Received by the second webhook.
    pub by_partner: bool,
}

const GIVEN: [&str; 34] = [
    "Amara", "Anton", "Beatriz", "Callum", "Chiara", "Daniel", "Elif", "Emeka", "Farah", "Freya",
    "Gabriel", "Hana", "Hugo", "Ines", "Ivan", "Jasmin", "Kofi", "Lars", "Léa", "Lucía", "Mateo",
    "Mei", "Nadia", "Nils", "Olga", "Priya", "Rafael", "Sana", "Søren", "Tomás", "Uma", "Viktor",
    "Yara", "Zoë",
];

const FAMILY: [&str; 38] = [
    "Adeyemi",
    "Almeida",
    "Andersson",
    "Bauer",
    "Becker",
    "Castillo",
    "Chen",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Hansen",
    "Ibrahim",
    "Ito",
    "Jansen",
    "Kaya",
    "Kim",
    "Kowalski",
    "Lindqvist",
    "Marino",
    "Mensah",
    "Moreau",
    "Müller",
    "Nakamura",
    "Novák",
    "O’Brien",
    "Osei",
    "Patel",
    "Petrov",
    "Rossi",
    "Silva",
    "Singh",
    "Sørensen",
    "Tanaka",
    "Varga",
    "Walsh",
];

const COMPANIES: [&str; 30] = [
    "Northwind Studio",
    "Blue Harbour",
    "Oak & Ember",
    "Lumen Dental",
    "Fjord Outdoor",
    "Pixelwerk",
    "Casa Verde",
    "Brightside Clinic",
    "Atlas Logistics",
    "Honeycomb Labs",
    "Riverbank Yoga",
    "Copper Kettle",
    "Nordlicht Energie",
    "Maison Bleue",
    "Greenline Solar",
    "Sundial Travel",
    "Cloudberry Foods",
    "Ironbridge Fitness",
    "Papaya Events",
    "Quartz Legal",
    "Silver Birch Homes",
    "Tidal Sports",
    "Umbra Films",
    "Vela Shipping",
    "Willow & Co",
    "Zenith Tutors",
    "Lantern Press",
    "Marble Arch Realty",
    "Kite School",
    "Juniper Gardens",
];

const TITLES: [&str; 10] = [
    "Founder",
    "Head of Marketing",
    "Office Manager",
    "Operations Lead",
    "Sales Director",
    "Practice Owner",
    "Event Manager",
    "Procurement",
    "CTO",
    "Studio Manager",
];

const TAGS: [&str; 7] =
    ["hot", "referral", "enterprise", "newsletter", "trade show", "demo", "price"];

const BUDGETS: [&str; 5] = ["under 1k", "1k to 5k", "5k to 10k", "10k to 25k", "over 25k"];

const CAMPAIGNS: [&str; 4] = ["autumn-launch", "free-audit", "webinar-11", "brand"];

const SOURCES: [&str; 4] = ["google", "linkedin", "instagram", "newsletter"];

const MESSAGES: [&str; 8] = [
    "We are five people and need this running before the new year.",
    "Could you call me tomorrow after 3 pm?",
    "Comparing three offers, please send prices for twenty seats.",
    "A friend recommended you. Is there a trial?",
    "We outgrew our spreadsheet.",
    "Do you support two languages?",
    "Looking for somebody who can also set it up for us.",
    "Saw your talk, would love to see a demo.",
];

/// A small generator of numbers, the same in every installation.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*: plenty for invented people.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or_default() % sides.max(1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.roll(from.len()))
    }

    fn word(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).copied().unwrap_or_default()
    }
}

impl Person {
    /// The person with this number.
    pub(super) fn new(number: usize) -> Self {
        let mut dice = Dice::new(number as u64 + 7);
        let (given, family) = (dice.word(&GIVEN), dice.word(&FAMILY));
        let company = dice.word(&COMPANIES);
        let by_hand = dice.chance(22);
        Self {
            name: format!("{given} {family}"),
            email: format!("{}.{}@{}.example", plain(given), plain(family), plain(company)),
            phone: dice.chance(75).then(|| phone(&mut dice)),
            company: dice.chance(85).then(|| company.to_owned()),
            title: dice.chance(60).then(|| dice.word(&TITLES)),
            tags: tags(&mut dice),
            fields: if by_hand { Vec::new() } else { fields(&mut dice) },
            by_hand,
            by_partner: dice.chance(30),
        }
    }
}

/// As it stands in an e-mail address.
fn plain(text: &str) -> String {
    crate::platform::normalize::fold(text)
        .replace('ø', "o")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

fn phone(dice: &mut Dice) -> String {
    let area = dice.word(&["212", "312", "415", "617", "702"]);
    format!("+1 {area} 555 01{:02}", dice.roll(100))
}

fn tags(dice: &mut Dice) -> Vec<&'static str> {
    let mut tags: Vec<&'static str> = (0..dice.roll(3)).map(|_| dice.word(&TAGS)).collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}

fn fields(dice: &mut Dice) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut fields = vec![
        ("utmSource", "utm_source", dice.word(&SOURCES)),
        ("utmCampaign", "utm_campaign", dice.word(&CAMPAIGNS)),
        ("budget", "budget", dice.word(&BUDGETS)),
    ];
    if dice.chance(55) {
        fields.push(("message", "message", dice.word(&MESSAGES)));
    }
    fields
}
