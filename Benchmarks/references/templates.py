"""Our own mail as a template of the references, so that all push mails of about the same size."""

TEXT = """{{ who }} assigned a ticket to you.

{{ subject }}
{{ preview }}

{{ url }}

--
You get this mail because e-mails for “Assigned tickets” are on in {{ organization }}.
Change that: https://notify.example.com/preferences
"""

# The rest of a mail's HTML: what a layout has of styles and tables.
STYLE = "".join(
    f'<tr><td class="cell-{number}" style="padding:8px 16px;font-family:Helvetica,Arial,sans-serif">&nbsp;</td></tr>\n'
    for number in range(40))


def html(octets):
    """With so many octets in all, before its values are filled in."""
    begin = "<!doctype html><html><body><table>\n"
    end = """</table><h1>{{ subject }}</h1><p>{{ who }} assigned a ticket to you.</p><p>{{ preview }}</p>
<p><a href="{{ url }}">{{ url }}</a></p><p>You get this mail because e-mails for “Assigned tickets” are on in
{{ organization }}. <a href="https://notify.example.com/preferences">Change that</a>.</p></body></html>
"""
    rest = max(0, octets - len(begin) - len(end))
    style = (STYLE * (rest // len(STYLE) + 1))[:rest]
    return begin + style[:style.rfind("\n") + 1] + end


def values(event):
    payload = event["payload"]
    return {
        "who": payload.get("assigned_by") or payload.get("author"),
        "subject": payload.get("subject") or payload["title"],
        "preview": payload.get("preview") or payload.get("note") or payload.get("message"), "url": payload["url"],
        "organization": "Example Ltd", "address": f"user{int(event['user_id'][-4:], 16)}@example.com",
    }
