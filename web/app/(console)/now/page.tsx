export default function Page() { return <p>Now</p> }
