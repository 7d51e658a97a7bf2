// The emoji that people and apps use most, by Slack's names.

const NAMES = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|100 💯|alarm_clock ⏰|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_up ⬆️
|arrows_counterclockwise 🔄|ballot_box_with_check ☑️|bangbang ‼️|bar_chart 📊|bell 🔔|blue_heart 💙|blush 😊|bookmark 🔖|books 📚
|book 📖|boom 💥|bug 🐛|bulb 💡|bust_in_silhouette 👤|busts_in_silhouette 👥|calendar 📆|chart_with_upwards_trend 📈|clap 👏|clipboard 📋
|closed_lock_with_key 🔐|compass 🧭|confused 😕|construction 🚧|cry 😢|dart 🎯|date 📅|disappointed 😞|double_vertical_bar ⏸️|email 📧|envelope ✉️|exclamation ❗
|eyes 👀|file_folder 📁|fire 🔥|gear ⚙️|globe_with_meridians 🌐|green_heart 💚|grey_question ❔|grin 😁|grinning 😀|hammer_and_wrench 🛠️
|handshake 🤝|heart ❤️|heavy_check_mark ✔️|heavy_minus_sign ➖|heavy_plus_sign ➕|hourglass ⌛|hourglass_flowing_sand ⏳|house 🏠
|information_source ℹ️|jigsaw 🧩|joy 😂|key 🔑|label 🏷️|large_blue_circle 🔵|large_green_circle 🟢|large_yellow_circle 🟡|laughing 😆|link 🔗|lock 🔒
|loudspeaker 📢|mag 🔍|mag_right 🔎|mega 📣|memo 📝|muscle 💪|new 🆕|no_bell 🔕|no_entry ⛔|no_entry_sign 🚫|notebook 📓|ok 🆗|ok_hand 👌|open_file_folder 📂
|package 📦|page_facing_up 📄|paperclip 📎|partying_face 🥳|pencil 📝|pencil2 ✏️|point_down 👇|point_left 👈|point_right 👉|point_up ☝️|pray 🙏|printer 🖨️|purple_heart 💜
|pushpin 📌|question ❓|raised_hands 🙌|recycle ♻️|red_circle 🔴|relaxed ☺️|repeat 🔁|rocket 🚀|rotating_light 🚨|round_pushpin 📍|scales ⚖️|scissors ✂️|scream 😱
|shield 🛡️|slightly_smiling_face 🙂|smile 😄|smiley 😃|sob 😭|sparkles ✨|speech_balloon 💬|spider_web 🕸️|star ⭐|stopwatch ⏱️|sunglasses 😎|sweat_smile 😅|tada 🎉|telescope 🔭|thinking_face 🤔
|ticket 🎫|trophy 🏆|truck 🚚|unlock 🔓|upside_down_face 🙃|warning ⚠️|wastebasket 🗑️|wave 👋|white_check_mark ✅|wink 😉|wrench 🔧|x ❌|yellow_heart 💛|zap ⚡
|compass 🧭|dart 🎯|jigsaw 🧩|printer 🖨️|scales ⚖️|spider_web 🕸️|telescope 🔭|truck 🚚|leftwards_arrow_with_hook ↩️|heavy_multiplication_x ✖️
|ghost 👻
`;

const KNOWN = new Map(NAMES.replaceAll('\n', '').split('|').map((pair) => pair.split(' ')));

/** The character of this name, or `null`. */
export const emoji = (name) => KNOWN.get(name) ?? null;

/** What `:name:` shows: a character, or the name where we have none. */
export function emojiText(name) {
  return emoji(name) ?? `:${name}:`;
}
