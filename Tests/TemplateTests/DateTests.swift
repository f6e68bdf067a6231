import Testing

@testable import Templates

@Suite("Dates")
struct DateTests {
    @Test(
        "A time is shown in the recipient's language and zone, with the zone named",
        arguments: [
            (
                "2026-11-27T09:00:00+01:00", "en", "Europe/Berlin",
                "Friday, 27 November 2026, 09:00 (Europe/Berlin, UTC+1)"
            ),
            (
                "2026-11-27T09:00:00+01:00", "de", "Europe/Berlin",
                "Freitag, 27. November 2026, 09:00 Uhr (Europe/Berlin, UTC+1)"
            ),
            ("2026-11-27T09:00:00+01:00", "ja", "Asia/Tokyo", "2026年11月27日(金) 17:00（日本時間）"),
            ("2026-11-27T09:00:00+01:00", "ja", "Europe/Paris", "2026年11月27日(金) 9:00（Europe/Paris, UTC+1）"),
            ("2026-12-01T00:30:00Z", "fr", "Europe/Paris", "mardi 1er décembre 2026 à 01:30 (Europe/Paris, UTC+1)"),
            (
                "2026-12-02T00:30:00Z", "fr", "America/New_York",
                "mardi 1er décembre 2026 à 19:30 (America/New York, UTC-5)"
            ),
            ("2026-07-01T12:00:00Z", "en", "Asia/Kolkata", "Wednesday, 1 July 2026, 17:30 (Asia/Kolkata, UTC+5:30)"),
            ("2026-07-01T12:00:00Z", "en", "Etc/UTC", "Wednesday, 1 July 2026, 12:00 (UTC)"),
            ("2026-07-01T12:00:00Z", "en", "Mars/Olympus", "Wednesday, 1 July 2026, 12:00 (UTC)"),
            ("2026-07-01T12:00:00Z", "en", "", "Wednesday, 1 July 2026, 12:00 (UTC)"),
            // The last minute before, and the first after, each change of Berlin's clocks in 2026.
            ("2026-03-29T00:59:00Z", "en", "Europe/Berlin", "Sunday, 29 March 2026, 01:59 (Europe/Berlin, UTC+1)"),
            ("2026-03-29T01:00:00Z", "en", "Europe/Berlin", "Sunday, 29 March 2026, 03:00 (Europe/Berlin, UTC+2)"),
            ("2026-10-25T00:59:00Z", "en", "Europe/Berlin", "Sunday, 25 October 2026, 02:59 (Europe/Berlin, UTC+2)"),
            ("2026-10-25T01:00:00Z", "en", "Europe/Berlin", "Sunday, 25 October 2026, 02:00 (Europe/Berlin, UTC+1)"),
            // Half-hour daylight saving, and a zone a day ahead.
            (
                "2026-01-01T00:00:00Z", "en", "Australia/Lord_Howe",
                "Thursday, 1 January 2026, 11:00 (Australia/Lord Howe, UTC+11)"
            ),
            (
                "2026-07-01T00:00:00Z", "en", "Australia/Lord_Howe",
                "Wednesday, 1 July 2026, 10:30 (Australia/Lord Howe, UTC+10:30)"
            ),
            (
                "2026-12-31T10:00:00Z", "en", "Pacific/Kiritimati",
                "Friday, 1 January 2027, 00:00 (Pacific/Kiritimati, UTC+14)"
            ),
        ])
    func shownTime(iso: String, locale: String, zone: String, expected: String) throws {
        var request = try TestCatalogue.request("assigned_reminder", locale: locale)
        request.timeZone = zone
        request.payload["due_at"] = iso
        let mail = try TestCatalogue.render(request)
        #expect(mail.text.contains(expected))
        #expect(mail.html.contains(expected))
    }

    @Test(
        "ISO 8601 with a zone is read in every form that producers write",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01 01:00:00+01", 0),
            ("1970-01-01T01:00+0100", 0),
            ("1970-01-01T00:00:00.999999Z", 0), ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T12:00:00-03:30", 951_838_200),
            ("2026-11-27T24:00:00Z", 1_795_824_000), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ])
    func read(iso: String, seconds: Int) {
        #expect(ZonedTimestamp(iso8601: iso)?.secondsSince1970 == seconds)
    }

    @Test(
        "What is not a time, or has no zone, is shown as it was written",
        arguments: [
            "2026-11-27T09:00:00", "2026-11-27", "2026-02-30T00:00:00Z", "tomorrow", "2026-11-27T25:00Z",
            "2026-11-27T09:00Zx", "2026-11-27T09:00:00.Z",
        ])
    func unreadable(text: String) throws {
        #expect(ZonedTimestamp(iso8601: text) == nil)
        var request = try TestCatalogue.request("assigned_reminder")
        request.payload["due_at"] = text
        #expect(try TestCatalogue.render(request).text.contains("Due: \(text)\n"))
    }

    @Test("Days and dates turn into each other over eight centuries")
    func civilDates() {
        var previous = CivilDate(daysSince1970: -146_098)
        for days in -146_097...146_097 {
            let date = CivilDate(daysSince1970: days)
            #expect(date.daysSince1970 == days)
            #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
            #expect(date.weekday == (previous.weekday + 1) % 7)
            previous = date
        }
    }
}
